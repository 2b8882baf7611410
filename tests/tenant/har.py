"""Writes a HAR 1.2 file entry by entry, so that its size does not matter. Laid out as mitmproxy's har_dump.py does it."""
import datetime
import hashlib
import json


def digest(*parts):
    """64 hex digits that depend on the parts and on nothing else: the only source of chance in a made tenant."""
    return hashlib.sha256("\x1f".join(str(p) for p in parts).encode("utf-8")).hexdigest()


def guid(*parts):
    """A random-looking GUID (version 4) of the parts."""
    d = digest("guid", *parts)
    return f"{d[:8]}-{d[8:12]}-4{d[13:16]}-{'89ab'[int(d[16], 16) % 4]}{d[17:20]}-{d[20:32]}"


def number(limit, *parts):
    """0 <= number < limit, of the parts."""
    return int(digest("number", *parts)[:12], 16) % limit


def compact(body):
    """JSON as Azure sends it: one line, UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


class Writer:
    """with Writer(path, creator, start) as w: w.add(answer)"""

    def __init__(self, path, creator, start, region="SWITZERLANDNORTH"):
        self.file = open(path, "w", encoding="utf-8", newline="\n")
        self.region, self.count = region, 0
        self.at = datetime.datetime.fromisoformat(start.replace("Z", "+00:00"))
        self.seed = (creator["name"], start)
        self.file.write('{\n "log": {\n  "version": "1.2",\n  "creator": ' + json.dumps(creator) + ',\n  "entries": [')

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.file.write("\n  ]\n }\n}\n")
        self.file.close()

    def add(self, answer):
        n, seed = self.count, self.seed
        text = answer.body if isinstance(answer.body, str) else compact(answer.body)
        size = len(text.encode("utf-8"))
        wait = 90 + number(400, seed, n, "wait") + size // 4000
        utc = self.at + datetime.timedelta(milliseconds=wait)
        request = guid(seed, n, "request")
        headers = [
            ("Cache-Control", "no-cache"),
            ("Content-Length", str(size)),
            ("Content-Type", "application/json; charset=utf-8"),
            ("x-ms-request-id", request),
            ("x-ms-correlation-request-id", guid(seed, n, "correlation")),
            ("x-ms-routing-request-id", f"{self.region}:{utc:%Y%m%dT%H%M%SZ}:{guid(seed, n, 'routing')}"),
            ("Date", f"{utc:%a, %d %b %Y %H:%M:%S} GMT"),
        ] + list(answer.headers)
        entry = {
            "startedDateTime": self.at.isoformat(timespec="milliseconds"),
            "time": wait,
            "request": {
                "method": answer.method, "url": answer.url, "httpVersion": "HTTP/1.1", "cookies": [],
                "headers": [{"name": "Accept", "value": "application/json"}],
                "queryString": [], "headersSize": -1, "bodySize": 0,
            },
            "response": {
                "status": answer.status, "statusText": answer.reason, "httpVersion": "HTTP/1.1", "cookies": [],
                "headers": [{"name": k, "value": v} for k, v in headers],
                "content": {"size": size, "mimeType": "application/json; charset=utf-8", "text": text},
                "redirectURL": "", "headersSize": -1, "bodySize": size,
            },
            "cache": {},
            "timings": {"send": 0, "wait": wait, "receive": 0},
        }
        self.file.write((",\n" if n else "\n") + "   " + json.dumps(entry, ensure_ascii=False, separators=(", ", ": ")))
        self.at += datetime.timedelta(milliseconds=wait + number(60, seed, n, "pause"))
        self.count += 1
