"""Runs a program where the only network is this process, which answers as a model would.

python3 offline.py PROGRAM [ARG]..., in a network namespace of its own.

The model first calls the shell tool with $STUB_COMMAND, then answers with a text; with $STUB_REFUSES it answers
every request with an error. Speaks OpenAI's chat completions and responses, and Gemini's generateContent. Prints
JSON: the program's exit code (null after $STUB_SECONDS), what it wrote, and the requests.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8123
COMMAND = os.environ["STUB_COMMAND"]
REFUSES = "STUB_REFUSES" in os.environ
SECONDS = int(os.environ.get("STUB_SECONDS", "120"))
SHELLS = ("exec_command", "shell_command", "shell", "local_shell", "bash", "run_shell_command")
TEXT = "STUB FINAL TEXT"
requests = []
calls = iter(range(1, 1_000_000))


def raise_loopback():
    SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
    with socket.socket() as any_socket:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | IFF_UP))


def arguments(tool):
    """Those with which the shell tool of this name runs COMMAND."""
    if tool == "exec_command":
        return {"cmd": COMMAND}
    if tool in ("shell", "local_shell"):
        return {"command": ["bash", "-c", COMMAND]}
    if tool == "shell_command":
        return {"command": COMMAND}
    return {"command": COMMAND, "description": "a test", **({"is_background": False} if tool == "run_shell_command" else {})}


def since_user(messages, role="role"):
    last = max((at for at, message in enumerate(messages) if message.get(role) == "user"), default=-1)
    return messages[last + 1 :]


class Model(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.reply({"object": "list", "data": [], "models": []})

    def do_POST(self):
        text = self.body().decode()
        requests.append(text)
        if REFUSES:
            error = {"message": "stub refuses", "type": "invalid_request_error", "code": 400, "status": "INVALID_ARGUMENT"}
            return self.reply({"error": error}, 400)
        body = json.loads(text)
        path = self.path.split("?")[0]
        if path.endswith("/chat/completions"):
            self.answer_chat(body)
        elif path.endswith("/responses"):
            self.answer_responses(body)
        elif "enerateContent" in path:
            self.answer_generate(body, "stream" in path)
        else:
            self.reply({"totalTokens": 10})

    def body(self):
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def reply(self, value, status=200, kind="application/json"):
        text = value if isinstance(value, str) else json.dumps(value)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def stream(self, events, end=""):
        names = (f"event: {event['type']}\n" if "type" in event else "" for event in events)
        lines = (f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(names, events))
        self.reply("".join(lines) + end, kind="text/event-stream")

    def answer_chat(self, body):
        tools = [tool["function"]["name"] for tool in body.get("tools", [])]
        tool = next((shell for shell in SHELLS if shell in tools), None)
        is_answered = any(message["role"] == "tool" for message in since_user(body["messages"]))
        message, end = {"role": "assistant", "content": TEXT}, "stop"
        if tool and not is_answered:
            function = {"name": tool, "arguments": json.dumps(arguments(tool))}
            call = {"index": 0, "id": f"call_{next(calls)}", "type": "function", "function": function}
            message, end = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        base = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": body.get("model")}
        if not body.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": end}
            return self.reply({**base, "object": "chat.completion", "choices": [choice], "usage": usage})
        deltas = [{"index": 0, "delta": message, "finish_reason": None}], [{"index": 0, "delta": {}, "finish_reason": end}]
        self.stream([*({**base, "choices": delta} for delta in deltas), {**base, "choices": [], "usage": usage}], "data: [DONE]\n\n")

    def answer_responses(self, body):
        tools = [tool.get("name") for tool in body.get("tools", [])]
        tool = next((shell for shell in SHELLS if shell in tools), None)
        answers = (str(item.get("type", "")) for item in since_user(body["input"]))
        number = next(calls)
        item = {"type": "message", "role": "assistant", "id": f"m_{number}", "content": [{"type": "output_text", "text": TEXT}]}
        if not any(answer.endswith("_output") for answer in answers):
            call = {"id": f"f_{number}", "call_id": f"call_{number}"}
            if tool:
                item = {"type": "function_call", **call, "name": tool, "arguments": json.dumps(arguments(tool))}
            elif "exec" in tools:
                script = f"const r = await tools.exec_command({{cmd: {json.dumps(COMMAND)}}}); text(r.output ?? JSON.stringify(r));"
                item = {"type": "custom_tool_call", **call, "name": "exec", "input": script}
        usage = {"input_tokens": 10, "input_tokens_details": None, "output_tokens": 5, "output_tokens_details": None, "total_tokens": 15}
        self.stream([
            {"type": "response.created", "response": {"id": f"r_{number}"}},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {"id": f"r_{number}", "usage": usage}},
        ])

    def answer_generate(self, body, is_stream):
        tools = [tool["name"] for group in body.get("tools", []) for tool in group.get("functionDeclarations", [])]
        # A tool's answer has the user's role, too.
        is_answered = any("functionResponse" in part for content in body["contents"] for part in content["parts"])
        config = body.get("generationConfig", {})
        part = {"text": TEXT}
        if "run_shell_command" in tools and not is_answered:
            part = {"functionCall": {"name": "run_shell_command", "args": {"command": COMMAND, "description": "a test"}}}
        elif config.get("responseMimeType") == "application/json" or config.get("responseJsonSchema"):
            part = {"text": json.dumps({"reasoning": "none", "next_speaker": "user", "complexity_score": 1, "complexity_reasoning": "none", "model_choice": "flash"})}
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
        answer = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m"}
        self.stream([answer]) if is_stream else self.reply(answer)


raise_loopback()
server = ThreadingHTTPServer(("127.0.0.1", PORT), Model)
threading.Thread(target=server.serve_forever, daemon=True).start()
try:
    run = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    code, stdout, stderr = run.returncode, run.stdout, run.stderr
except subprocess.TimeoutExpired as late:
    code, stdout, stderr = None, late.stdout or b"", late.stderr or b""
said = {"code": code, "stdout": stdout.decode(errors="replace"), "stderr": stderr.decode(errors="replace")}
print(json.dumps({**said, "requests": requests}))
