//! Questions to a sound server, without a stream: a connection for each, and no threads.

use std::ffi::CStr;
use std::io::BufReader;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use pulseaudio::protocol::port_info::PortType;
use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, CommandReply, DEFAULT_SINK, GetSinkInfo, MAX_VERSION, Prop,
    Props, ProtocolError, PulseError, SetClientNameReply, SinkInfo, SinkInfoList, SourceInfoList,
    SourceOutputInfoList, read_reply_message, write_command_message,
};

use super::is_called;
use crate::error::{Error, ErrorKind};
use crate::system::sound_server::{Address, Connection, SoundServer, let_in, no_server};
use crate::vocabulary::device::OutputDevice;

/// How long the server may take for each step.
const LIMIT: Duration = Duration::from_secs(2);
/// The method of resampling of streams that only measure the level.
const PEAKS: &CStr = c"peaks";

/// Whether a stream that is not paused records from something else than an output.
pub(in crate::backend) fn is_microphone_used(server: &SoundServer) -> Result<bool, String> {
    let (streams, sources) = ask(server, |questions| {
        let streams: SourceOutputInfoList = questions.ask(&Command::GetSourceOutputInfoList)?;
        let sources: SourceInfoList = questions.ask(&Command::GetSourceInfoList)?;
        Ok((streams, sources))
    })?;
    let monitors: Vec<_> = sources
        .iter()
        .filter(|source| source.monitor_of_sink_index.is_some())
        .map(|source| source.index)
        .collect();
    Ok(streams.iter().any(|stream| {
        let only_measures = stream.resample_method.as_deref() == Some(PEAKS);
        !stream.corked && !only_measures && !monitors.contains(&stream.source_index)
    }))
}

/// Whether the device called `wanted`, or the default one, is headphones.
pub(in crate::backend) fn is_on_headphones(
    server: &SoundServer,
    wanted: Option<&str>,
) -> Result<bool, String> {
    let default = Command::GetSinkInfo(GetSinkInfo {
        index: None,
        name: Some(DEFAULT_SINK.to_owned()),
    });
    let sink = ask(server, |questions| match wanted {
        None => questions.ask(&default).map(Some),
        Some(name) => {
            let sinks: SinkInfoList = questions.ask(&Command::GetSinkInfoList)?;
            Ok(sinks.into_iter().find(|sink| is_called(sink, name)))
        }
    })?;
    let sink = sink.ok_or("no device of that name")?;
    let unknown = || format!("{} does not say what it is", super::text(&sink.name));
    is_headphones(&sink).ok_or_else(unknown)
}

/// The devices of the server.
pub(in crate::backend) fn devices(server: &SoundServer) -> Result<Vec<OutputDevice>, String> {
    let default = Command::GetSinkInfo(GetSinkInfo {
        index: None,
        name: Some(DEFAULT_SINK.to_owned()),
    });
    let (sinks, default) = ask(server, |questions| {
        let sinks: SinkInfoList = questions.ask(&Command::GetSinkInfoList)?;
        let default: SinkInfo = questions.ask(&default)?;
        Ok((sinks, default))
    })?;
    let described = sinks.into_iter().map(|sink| {
        let name = super::text(&sink.name);
        OutputDevice {
            description: sink
                .description
                .as_deref()
                .map_or_else(|| name.clone(), super::text),
            name: format!("{}{name}", super::HOST),
            host: "sound server".to_owned(),
            is_default: sink.index == default.index,
        }
    });
    Ok(described.collect())
}

/// Whether a device is headphones, if it says so: by its active port, then as a whole.
fn is_headphones(sink: &SinkInfo) -> Option<bool> {
    let port = sink.ports.get(sink.active_port);
    let by_kind = port.and_then(|port| match port.port_type {
        PortType::Headphones | PortType::Headset | PortType::Earpiece | PortType::Handset => {
            Some(true)
        }
        PortType::Speaker
        | PortType::Line
        | PortType::Spdif
        | PortType::Hdmi
        | PortType::Tv
        | PortType::Car
        | PortType::Hifi
        | PortType::Portable => Some(false),
        _ => None,
    });
    // A server before PulseAudio 14 gives a port no kind.
    let by_name = || {
        let name = super::text(&port?.name).to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let is_headphones = has(&["headphone", "headset"]);
        let is_known = is_headphones || has(&["speaker", "lineout", "hdmi", "iec958"]);
        is_known.then_some(is_headphones)
    };
    let as_a_whole = || {
        let form = sink.props.get(Prop::DeviceFormFactor)?;
        match form.strip_suffix(b"\0").unwrap_or(form) {
            b"headphone" | b"headset" | b"hands-free" | b"handset" => Some(true),
            b"internal" | b"speaker" | b"tv" | b"hifi" | b"car" | b"portable" | b"computer" => {
                Some(false)
            }
            _ => None,
        }
    };
    by_kind.or_else(by_name).or_else(as_a_whole)
}

/// Asks the first server that answers.
fn ask<T>(
    server: &SoundServer,
    ask: impl Fn(&mut Questions) -> Result<T, ProtocolError>,
) -> Result<T, String> {
    let key = server.key();
    let mut why = format!("no sound server: invalid PULSE_SERVER {server}");
    for address in server.addresses() {
        let answer = let_in(&address, LIMIT, |connection| {
            Questions::at(connection, &address, &key, &ask)
        });
        match answer {
            Ok(answer) => return Ok(answer),
            Err(error) => why = error.without_hint(),
        }
    }
    Err(why)
}

struct Questions {
    stream: BufReader<UnixStream>,
    version: u16,
    asked: u32,
}

impl Questions {
    /// The answer over `connection`; none if the server denies access to the owner of `key`.
    fn at<T>(
        connection: Connection,
        address: &Address,
        key: &[u8],
        ask: impl FnOnce(&mut Self) -> Result<T, ProtocolError>,
    ) -> Result<Option<T>, Error> {
        let opened = connection.into_local().and_then(|socket| {
            socket.set_read_timeout(Some(LIMIT))?;
            socket.set_write_timeout(Some(LIMIT))?;
            Ok(socket)
        });
        let socket = opened.map_err(|error| no_server(address).because(error))?;
        let mut questions = Self {
            stream: BufReader::new(socket),
            version: MAX_VERSION,
            asked: 0,
        };
        match questions.greet(key).and_then(|()| ask(&mut questions)) {
            Ok(answer) => Ok(Some(answer)),
            Err(ProtocolError::ServerError(PulseError::AccessDenied)) => Ok(None),
            Err(error) => {
                let what = format!("the sound server at {address} does not answer");
                Err(Error::new(ErrorKind::Output, what).because(error))
            }
        }
    }

    fn greet(&mut self, key: &[u8]) -> Result<(), ProtocolError> {
        let auth: AuthReply = self.ask(&Command::Auth(AuthParams {
            version: MAX_VERSION,
            cookie: key.to_owned(),
            ..AuthParams::default()
        }))?;
        self.version = auth.version.min(MAX_VERSION);
        let mut props = Props::new();
        props.set(Prop::ApplicationName, c"Herald");
        let _: SetClientNameReply = self.ask(&Command::SetClientName(props))?;
        Ok(())
    }

    fn ask<T: CommandReply>(&mut self, question: &Command) -> Result<T, ProtocolError> {
        write_command_message(self.stream.get_mut(), self.asked, question, self.version)?;
        self.asked += 1;
        // The server sends nothing else, because nothing was subscribed to.
        read_reply_message(&mut self.stream, self.version).map(|(_, answer)| answer)
    }
}

#[cfg(test)]
mod tests {
    use pulseaudio::protocol::port_info::{PortAvailable, PortDirection, PortInfo};

    use super::*;

    fn sink(port: Option<(&CStr, PortType)>, form: Option<&CStr>) -> SinkInfo {
        let ports = port.map(|(name, port_type)| PortInfo {
            name: name.to_owned(),
            port_type,
            description: None,
            dir: PortDirection::Output,
            priority: 0,
            available: PortAvailable::Unknown,
            availability_group: None,
        });
        let mut props = Props::new();
        if let Some(form) = form {
            props.set(Prop::DeviceFormFactor, form);
        }
        SinkInfo {
            ports: ports.into_iter().collect(),
            props,
            ..SinkInfo::default()
        }
    }

    #[test]
    fn headphones_are_known_by_their_port_then_by_the_device() {
        let headphones = Some((c"analog-output-headphones", PortType::Unknown));
        let speaker = Some((c"analog-output-speaker", PortType::Speaker));
        let analog = Some((c"analog-output", PortType::Analog));
        for (port, form, expected) in [
            (headphones, None, Some(true)),
            (headphones, Some(c"internal"), Some(true)),
            (speaker, Some(c"headset"), Some(false)),
            (analog, Some(c"headset"), Some(true)),
            (analog, Some(c"internal"), Some(false)),
            (analog, None, None),
            (None, Some(c"hands-free"), Some(true)),
            (None, Some(c"webcam"), None),
            (None, None, None),
            (Some((c"a", PortType::Hdmi)), None, Some(false)),
            (
                Some((c"hdmi-output-0", PortType::Unknown)),
                None,
                Some(false),
            ),
        ] {
            let found = is_headphones(&sink(port, form));
            assert_eq!(found, expected, "{port:?} {form:?}");
        }
    }
}
