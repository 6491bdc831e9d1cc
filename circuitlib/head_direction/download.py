"""Downloads that go on where they were broken off, wait for busy servers and fail in one line."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from circuitlib._npz import ArchiveError

#: Answers after which a server is asked again.
_BUSY = (429, 500, 502, 503, 504)
_CHUNK = 2**16
_Answer = TypeVar("_Answer")


class _AgainError(Exception):
    """The server is to be asked again, after `wait` seconds if it names a time."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait
        self.has_moved = False


@dataclass
class Connection:
    """Asks servers, and asks again while they are busy or break off.

    Parameters
    ----------
    timeout
        Seconds to wait for a connection, and for the next bytes.
    tries
        How often to ask without any progress.
    longest_wait
        Seconds to wait at most between two tries, whatever the server asks for.
    sleep
        What waits.
    get
        What sends a request, such as the method of a session; ``requests.get`` if None.
    """

    timeout: tuple[float, float] = (10.0, 30.0)
    tries: int = 5
    longest_wait: float = 60.0
    sleep: Callable[[float], object] = time.sleep
    get: Callable[..., Any] | None = None

    def insist(self, url: str, attempt: Callable[[], _Answer]) -> _Answer:
        """Return what `attempt` returns; call it again while it raises that it should be."""
        failures = 0
        while True:
            try:
                return attempt()
            except _AgainError as again:
                failures = 1 if again.has_moved else failures + 1
                if failures >= self.tries:
                    raise ArchiveError(f"{url}: {again}, {failures} times") from None
                wait = 2.0 ** (failures - 1) if again.wait is None else again.wait
                self.sleep(min(wait, self.longest_wait))

    @contextmanager
    def response(self, url: str, part: str = "") -> Iterator[Any]:
        """Ask for a file, or for a part of it such as ``0-99``; the body is not read yet.

        Raises
        ------
        ArchiveError
            If the server cannot be reached or refuses.
        """
        import requests

        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={part}"} if part else {})
        get = self.get or requests.get
        try:
            with get(url, headers=headers, stream=True, timeout=self.timeout) as response:
                status = f"{response.status_code} {response.reason}"
                if response.status_code in _BUSY:
                    wait = _wait(response.headers.get("Retry-After", ""))
                    raise _AgainError(f"the server is busy ({status})", wait)
                if not response.ok and response.status_code != 416:
                    raise ArchiveError(f"{url}: the server refuses ({status})")
                yield response
        except requests.RequestException as error:
            reason = " ".join(str(_cause(error)).split())
            if _is_broken(error):
                raise _AgainError(f"the connection broke off or stalled ({reason})") from None
            raise ArchiveError(f"{url}: cannot be reached ({reason})") from None

    def part(self, url: str, start: int, stop: int) -> tuple[bytes, int, str]:
        """Return bytes of a file, the size of the whole file, and the address it was found at."""

        def ask() -> tuple[bytes, int, str]:
            with self.response(url, f"{start}-{stop - 1}") as response:
                span, _, size = response.headers.get("Content-Range", "").partition("/")
                if response.status_code != 206 or span != f"bytes {start}-{stop - 1}":
                    raise ArchiveError(f"{url}: the server does not send the part asked for")
                if not size.isdecimal():
                    raise ArchiveError(f"{url}: the server does not tell the size of the file")
                return response.content, int(size), response.url

        return self.insist(url, ask)


@dataclass
class Resuming:
    """Downloads for pooch, into a file that is kept when the download is broken off.

    Parameters
    ----------
    connection
        Asks the server.
    partial
        The file that is kept.
    progress
        Whether to show a progress bar.
    """

    connection: Connection
    partial: Path
    progress: bool = False
    has_resumed: bool = field(default=False, init=False)
    _most: int = field(default=0, init=False)

    def __call__(self, url: str, output_file: str, pooch: object = None) -> None:
        """Download a file to `output_file`."""
        from tqdm.auto import tqdm

        self._most = self._size()
        with tqdm(
            desc="download", unit="B", unit_scale=True, disable=not self.progress, leave=False
        ) as bar:
            self.connection.insist(url, lambda: self._go_on(url, bar))
        self.partial.replace(output_file)

    def _size(self) -> int:
        return self.partial.stat().st_size if self.partial.is_file() else 0

    def _go_on(self, url: str, bar: Any) -> None:
        """Download what is missing."""
        try:
            size = self._size()
            with self.connection.response(url, f"{size}-" if size else "") as response:
                self._append(response, size, bar)
        except _AgainError as again:
            again.has_moved = self._size() > self._most
            self._most = max(self._most, self._size())
            raise

    def _append(self, response: Any, size: int, bar: Any) -> None:
        """Write the body of a response behind what there is, or from the start."""
        span = response.headers.get("Content-Range", "")
        if response.status_code == 416 and span == f"bytes */{size}":
            return  # nothing is missing
        if response.status_code in (206, 416) and not span.startswith(f"bytes {size}-"):
            self.partial.unlink(missing_ok=True)
            raise _AgainError("the part kept does not fit to the file")
        goes_on = response.status_code == 206
        self.has_resumed |= goes_on
        length = response.headers.get("Content-Length", "")
        bar.reset(int(length) + size * goes_on if length.isdecimal() else None)
        bar.update(size * goes_on)
        with self.partial.open("ab" if goes_on else "wb") as stream:
            for chunk in response.iter_content(_CHUNK):
                stream.write(chunk)
                bar.update(len(chunk))


def _wait(text: str) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, a number or a date."""
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    try:
        return float(Retry().parse_retry_after(text)) if text else None
    except InvalidHeader:
        return None


def _cause(error: Any) -> object:
    """Return what lies behind an error of requests."""
    inner = error.args[0] if error.args else error
    return getattr(inner, "reason", inner)


def _is_broken(error: Any) -> bool:
    """Tell whether a connection broke off, or stalled, once there was one."""
    import requests
    from urllib3.exceptions import NewConnectionError

    never = requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.SSLError
    if isinstance(error, never):
        return False
    if isinstance(_cause(error), NewConnectionError):
        return False
    kept = requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError
    return isinstance(error, kept)
