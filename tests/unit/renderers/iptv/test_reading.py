"""What comes in: answers and notices in the forms that servers write them, and everything that is neither."""

import pytest

from renderers.iptv.markup import MOST_BYTES, BadMarkup, read
from renderers.iptv.soap import (
    Notice,
    Said,
    Unreadable,
    exec_cmd,
    notice_answer,
    read_answer,
    read_notice,
    read_results,
)

BOMB = b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'
OBJECTS = (
    '<ADI><Objects><Object ElementType="Movie" ID="m1"><Property Name="Result">-1</Property>'
    '<Property Name="Description">码率不符</Property></Object><Object ElementType="Program" ID="p">'
    '<Property Name="Result">0</Property></Object></Objects></ADI>'
)
OUTSIDE = b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("<ExecCmdReturn><Result>0</Result><ErrorDescription>ok</ErrorDescription></ExecCmdReturn>", Said(0, "ok")),
        ('<r xmlns:x="u"><x:Result xsi:type="i" xmlns:xsi="s"> -1 </x:Result></r>', Said(-1, "")),
        ("<ns1:result xmlns:ns1='iptv'>0</ns1:result>", Said(0, "")),
        ("<ResultCode>5</ResultCode><ResultDescription>a\n b</ResultDescription>", Said(5, "a b")),
    ],
)
def test_answer_in_the_forms_that_servers_write_is_read(inner: str, said: Said) -> None:
    assert read_answer(f"<e:Envelope xmlns:e='s'><e:Body>{inner}</e:Body></e:Envelope>".encode()) == said


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>502", b"<a/>", b"<Result>yes</Result>", BOMB, OUTSIDE, b"<?php 1 ?><a/>", b"\xff\xfe", b"<a>" * 100],
)
def test_answer_that_is_none_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_answer(data)


def test_document_when_too_large_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(BadMarkup):
        read(b" " * (MOST_BYTES + 1))
    with pytest.raises(BadMarkup):
        read(b"<a>" + b"<b/>" * 6000 + b"</a>")


def test_notice_of_each_case_is_read_and_ours_reads_back() -> None:
    told = (
        "<ResultNotify><CSPID>c</CSPID><LSPID>l</LSPID><CorrelateID>k</CorrelateID><CmdResult>-1</CmdResult>"
        "<ResultFileURL>http://a/b.xml</ResultFileURL></ResultNotify>"
    )
    assert read_notice(told.encode()) == Notice("c", "l", "k", -1, "http://a/b.xml")
    with pytest.raises(Unreadable):
        read_notice(told.replace("ResultNotify", "Other").encode())
    assert read_answer(notice_answer(-1, "<忙>")) == Said(-1, "<忙>")
    command = read(exec_cmd("c", "l", "k", "http://a/?b=1&c=<2>"))
    assert command.first("CmdFileURL") == "http://a/?b=1&c=<2>"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            OBJECTS,
            "Movie m1: 码率不符",
        ),
        ('<ADI><Reply><Property Name="Result">-1</Property></Reply></ADI>', "Reply: -1"),
        ('<ADI><Mapping ElementType="Program" ElementID="p" Result="3" ErrorDescription="no"/></ADI>', "Program p: no"),
        ("<ADI/>", ""),
        ("not xml", ""),
    ],
)
def test_result_file_says_which_object_was_refused(data: str, words: str) -> None:
    assert read_results(data.encode()) == words
