"""parleyd's REST API over its local socket: the caller is the platform administrator."""
import http.client
import json
import socket
import urllib.parse

from .process import wait_for


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body[:500]!r}")
        self.status = status
        self.body = body


class Api:
    def __init__(self, socket_path):
        self.socket_path = socket_path
        self._organisation = None

    def raw(self, method, path, body=None, headers=None, timeout=60):
        """-> status, headers, body as bytes"""
        connection = UnixConnection(self.socket_path, timeout)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {**({"Content-Type": "application/json"} if text else {}), **(headers or {})})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def call(self, method, path, body=None):
        status, _, text = self.raw(method, path, body)
        if status >= 300:
            raise ApiError(status, text)
        return json.loads(text) if text else None

    def get(self, path):
        return self.call("GET", path)

    @property
    def organisation(self):
        """Path of the demo organisation, or of the only one there is."""
        if not self._organisation:
            self._organisation = "/v1/organisations/" + self.get("/v1/organisations")["items"][0]["id"]
        return self._organisation

    def in_organisation(self, method, rest, body=None):
        return self.call(method, self.organisation + rest, body)

    def extension(self, number):
        for extension in self.in_organisation("GET", "/extensions?limit=200")["items"]:
            if extension["number"] == number:
                return extension
        raise AssertionError(f"no extension {number}")

    def set_extension(self, number, **fields):
        return self.in_organisation("PATCH", f"/extensions/{self.extension(number)['id']}", fields)

    def phone(self, number):
        """What a phone of that extension needs: its first device."""
        return self.in_organisation("GET", f"/extensions/{self.extension(number)['id']}/phone")["devices"][0]

    def registrations(self):
        answer = self.in_organisation("GET", "/registrations")
        return answer if isinstance(answer, list) else answer["items"]

    def live_calls(self):
        answer = self.in_organisation("GET", "/live-calls")
        return answer if isinstance(answer, list) else answer["items"]

    def calls(self, **query):
        text = urllib.parse.urlencode(query)
        return self.in_organisation("GET", f"/calls{'?' + text if text else ''}")["items"]

    def call_detail(self, call_id):
        return self.in_organisation("GET", f"/calls/{call_id}")

    def wait_for_ended_call(self, count=1, seconds=15):
        """The newest call, once `count` calls have ended and are in the list."""
        def ended():
            calls = [c for c in self.calls() if c["ended_at"]]
            return calls if len(calls) >= count else None
        return wait_for(f"{count} ended calls are in the list", ended, seconds)[0]

    def wait_for_results(self, call_id, seconds=240):
        """The call, once its transcript and analysis are ready; fails at once when one of them has failed."""
        def ready():
            call = self.call_detail(call_id)
            states = (call["transcript"], call["analysis"])
            assert "failed" not in states, f"transcript, analysis: {states}; jobs: {call.get('jobs')}"
            return call if states == ("ready", "ready") else None
        return wait_for("transcript and analysis are ready", ready, seconds, 0.5)

    def audio(self, call_id):
        status, headers, body = self.raw("GET", f"{self.organisation}/calls/{call_id}/audio")
        if status != 200:
            raise ApiError(status, body)
        assert headers.get("Content-Type", "").startswith("audio/wav")
        return body
