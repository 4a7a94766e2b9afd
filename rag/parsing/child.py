"""A parser process: `python -m rag.parsing.child FD MEMORY_BYTES CPU_SECONDS`.

It reads requests from the socket FD and answers them one by one until the other side closes. What
the limits do not stop: reading files that this account can read, and opening network connections;
none of the parsers does either.
"""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import socket
import sys

from mcp_engine.errors import EngineError, InvalidInput
from rag.parsing import wire
from rag.parsing.formats.detect import picture_type
from rag.parsing.formats.dispatch import parse
from rag.parsing.viewed import Wanted

PR_SET_PDEATHSIG = 1


def serve(fd: int, memory_bytes: int, cpu_seconds: float) -> None:
    """Answer parse requests from the socket `fd` until it is closed."""
    # A terminal's Ctrl-C goes to every process of the group; this one ends when the other side closes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    _limit(memory_bytes)
    with socket.socket(fileno=fd) as connection, connection.makefile("rwb") as stream:
        while request := wire.read(stream):
            _grant_cpu(cpu_seconds)
            stream.write(wire.pack(answer(request)))
            stream.flush()


def answer(request: wire.Message) -> wire.Message:
    """Do what one request asks; errors become messages, save a lack of memory, which ends the process."""
    try:
        return _TASKS[request.header["task"]](request)
    except EngineError as error:
        return wire.error_message(error)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a document must never end the process when it can be answered
        filename = request.header["filename"]
        message = f"{filename} can't be read ({type(error).__name__}: {str(error)[:200]}); save it again or convert it."
        return wire.error_message(InvalidInput("document.corrupt", message))


def _parse(request: wire.Message) -> wire.Message:
    header = request.header
    return wire.document_message(parse(request.blob, filename=header["filename"], media_type=header["media_type"]))


def _sizes(request: wire.Message) -> wire.Message:
    filename = request.header["filename"]
    if (picture := picture_type(request.blob)) is not None:
        from rag.parsing.formats.images import image_sizes

        return wire.sizes_message(image_sizes(request.blob, filename=filename, media_type=picture))
    from rag.parsing.formats.pdf_pages import page_sizes

    return wire.sizes_message(page_sizes(request.blob, filename=filename))


def _image(request: wire.Message) -> wire.Message:
    header = request.header
    if (picture := picture_type(request.blob)) is not None:
        from rag.parsing.formats.images import image_page

        shown = image_page(
            request.blob, filename=header["filename"], media_type=picture, page=header["page"], width=header["width"]
        )
        return wire.image_message(shown)
    from rag.parsing.formats.pdf_pages import page_image

    image = page_image(request.blob, filename=header["filename"], page=header["page"], width=header["width"])
    return wire.image_message(image)


def _recognise(request: wire.Message) -> wire.Message:
    from rag.parsing.formats import ocr

    filename, page = request.header["filename"], request.header["page"]
    if (media_type := picture_type(request.blob)) is not None:
        from rag.parsing.formats.images import picture_of

        most = (ocr.SIDE_PIXELS, ocr.SIDE_PIXELS)
        picture = picture_of(request.blob, filename=filename, media_type=media_type, page=page, most=most)
    else:
        from rag.parsing.formats.pdf_pages import page_picture

        picture = page_picture(request.blob, filename=filename, page=page, side=ocr.SIDE_PIXELS)
    return wire.recognised_message(ocr.recognised(picture))


def _marks(request: wire.Message) -> wire.Message:
    from rag.parsing.formats.pdf_pages import page_marks

    wanted = [Wanted(**piece) for piece in request.header["wanted"]]
    return wire.marks_message(page_marks(request.blob, filename=request.header["filename"], wanted=wanted))


_TASKS = {"parse": _parse, "recognise": _recognise, "sizes": _sizes, "image": _image, "marks": _marks}


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _limit(memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _grant_cpu(seconds: float) -> None:
    """Let this process use `seconds` more of CPU time; beyond that the kernel ends it (SIGXCPU)."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime + seconds), hard))


if __name__ == "__main__":
    try:
        serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
    except MemoryError:
        # Not even the message fits: nothing can be sent any more, so the exit status says it.
        os._exit(wire.EXIT_OUT_OF_MEMORY)
