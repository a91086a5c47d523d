"""What a run prints, gathered."""

from __future__ import annotations

from headrace_agent.runs.output import CUT, PIECE_CHARS, OutputBuffer


def text(buffer: OutputBuffer) -> str:
    return "".join(part for _, part in buffer.take())


def test_whole_lines_only_until_the_end() -> None:
    buffer = OutputBuffer(1000)
    buffer.add(b"one\ntw", "stdout")
    assert buffer.take() == [("stdout", "one\n")]
    buffer.add(b"o\nthree", "stdout")
    assert buffer.take() == [("stdout", "two\n")]
    buffer.finish()
    assert buffer.take() == [("stdout", "three")]


def test_streams_keep_their_order() -> None:
    buffer = OutputBuffer(1000)
    for line, stream in ((b"a\n", "stdout"), (b"b\n", "stdout"), (b"c\n", "stderr"), (b"d\n", "stdout")):
        buffer.add(line, stream)
    assert buffer.take() == [("stdout", "a\nb\n"), ("stderr", "c\n"), ("stdout", "d\n")]


def test_a_letter_may_come_in_two_reads() -> None:
    buffer = OutputBuffer(1000)
    data = "größe\n".encode()
    for index in range(len(data)):
        buffer.add(data[index : index + 1], "stdout")
    assert text(buffer) == "größe\n"


def test_what_is_no_text_becomes_text() -> None:
    buffer = OutputBuffer(1000)
    buffer.add(b"\xff\x00x\r50%\r\n", "stdout")
    assert text(buffer) == "\ufffdx\n50%\n"


def test_the_output_is_cut_once_at_its_limit() -> None:
    buffer = OutputBuffer(10)
    buffer.add(b"12345\n", "stdout")
    buffer.add("ääää\n".encode(), "stdout")
    buffer.add(b"more\n", "stderr")
    buffer.finish()
    assert text(buffer) == f"12345\nää\n{CUT}"


def test_pieces_are_bounded_and_a_long_line_is_not_kept_back() -> None:
    buffer = OutputBuffer(10 * PIECE_CHARS)
    buffer.add(b"x" * (3 * PIECE_CHARS), "stdout")
    pieces = [part for _, part in buffer.take()]
    assert "".join(pieces) == "x" * (3 * PIECE_CHARS)
    assert max(len(part) for part in pieces) <= PIECE_CHARS
