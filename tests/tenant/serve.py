#!/usr/bin/python3
"""A company's proxy with Azure behind it, for the test of docs/record.md: serve.py RECORDING CERT KEY TOKEN PORT-FILE answers CONNECT
with a TLS server that gives what was recorded to whoever brings the token, and 401 to others."""
import http.server
import json
import os
import socketserver
import ssl
import sys
import urllib.parse


def key(url):
    return urllib.parse.unquote(url.split("://", 1)[-1].split("/", 1)[1]).lower()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers, token, context = {}, "", None

    def do_CONNECT(self):
        self.send_response(200)
        self.end_headers()
        try:
            self.connection = self.request = self.context.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, ConnectionError):
            self.close_connection = True
            return
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def do_GET(self):
        waiting = self.answers.get(key(self.path) if "://" in self.path else key("x://y" + self.path))
        if self.headers.get("Authorization") != "Bearer " + self.token:
            status, headers, body = 401, [("WWW-Authenticate", "Bearer")], b'{"error":{"code":"AuthenticationFailed","message":"no token"}}'
        elif not waiting:
            status, headers, body = 404, [], b'{"error":{"code":"NotFound","message":"not in the recording"}}'
        else:
            status, headers, body = waiting[0] if len(waiting) == 1 else waiting.pop(0)
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Set-Cookie", "session=" + self.token)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, address): # a client that goes away is no news
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            super().handle_error(request, address)


def main():
    recording, cert, private, Handler.token, port_file = sys.argv[1:]
    for entry in json.load(open(recording, encoding="utf-8"))["log"]["entries"]:
        answer = entry["response"]
        headers = [(h["name"], h["value"]) for h in answer["headers"] if h["name"].lower() not in ("content-length", "retry-after", "date")]
        Handler.answers.setdefault(key(entry["request"]["url"]), []).append((answer["status"], headers, answer["content"]["text"].encode("utf-8")))
    Handler.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    Handler.context.load_cert_chain(cert, private)
    server = Server(("127.0.0.1", 0), Handler)
    with open(port_file + ".new", "w") as f:
        f.write(str(server.server_port))
    os.rename(port_file + ".new", port_file)
    server.serve_forever()


if __name__ == "__main__":
    main()
