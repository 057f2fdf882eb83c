"""Shows a page in a browser while it is being written."""

import http.server
import threading
import urllib.request

PORT = 18734


class Preview:
    """Serves one text on this machine; ``address`` is where."""

    def __init__(self, text):
        body = text.encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self._server = http.server.HTTPServer(("127.0.0.1", PORT), Handler)
        self.address = f"http://127.0.0.1:{PORT}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def read(address):
    """What is served at an address."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=10) as answer:
        return answer.read().decode()
