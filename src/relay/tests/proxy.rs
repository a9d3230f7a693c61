//! A way to the server that can be cut, and that can swallow answers.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    open: Arc<Mutex<Vec<TcpStream>>>,
    swallows: Arc<Mutex<bool>>,
}

impl Proxy {
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            open: Arc::default(),
            swallows: Arc::default(),
        };
        let serving = proxy.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let ends = [&client, &server].map(|end| end.try_clone().unwrap());
                serving.open.lock().unwrap().extend(ends);
                let [client_out, server_out] =
                    [&client, &server].map(|end| end.try_clone().unwrap());
                let swallows = serving.swallows.clone();
                thread::spawn(move || copy(client, server_out, &Mutex::new(false)));
                thread::spawn(move || copy(server, client_out, &swallows));
            }
        });
        proxy
    }

    /// Cuts every connection.
    pub(crate) fn cut(&self) {
        for end in self.open.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// From now on no answer arrives, or each does.
    pub(crate) fn swallow(&self, swallows: bool) {
        *self.swallows.lock().unwrap() = swallows;
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, swallows: &Mutex<bool>) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        if !*swallows.lock().unwrap() && to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
