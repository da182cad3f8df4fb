import pytest

from tests.fakes.wechat.html import clean, text_of

OURS = "https://mmbiz.qpic.cn/a/0"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<p>一<script>alert(1)</script>二</p>", "<p>一二</p>"),
        ("<style>p{color:red}</style><p>一</p>", "<p>一</p>"),
        ('<p onclick="a()" id="x" class="y">一</p>', '<p class="y">一</p>'),
        ("<iframe src=https://x.example></iframe><p>一</p>", "<p>一</p>"),
        ("<video src=a.mp4><source src=b></video>一", "一"),
        ("<form action=/x><input name=a>一</form>二", "二"),
        ('<p style="position:fixed;color:red;z-index:9">一</p>', '<p style="color:red">一</p>'),
        ('<p style="background:url(https://x.example/a)">一</p>', "<p>一</p>"),
        ('<p style="color:var(--ink)">一</p>', "<p>一</p>"),
        ('<a href="https://x.example">一</a>', "<a>一</a>"),
        ('<a href="#note">一</a>', "<a>一</a>"),
        ('<a href="javascript:alert(1)">一</a>', "<a>一</a>"),
        ('<a href="https://mp.weixin.qq.com/s/abc">一</a>', '<a href="https://mp.weixin.qq.com/s/abc">一</a>'),
        (f'<img src="{OURS}" width="3" alt="图">', f'<img src="{OURS}" alt="图">'),
        ('<img src="https://x.example/a.jpg">', ""),
        ('<img src="data:image/png;base64,AAAA">', ""),
        ('<svg><defs><g></g></defs><rect width="1"></rect></svg>', '<svg><rect width="1"></rect></svg>'),
        ("一<!-- 二 -->三", "一三"),
        ("<section><p>一</section>二", "<section><p>一</p></section>二"),
        ("&lt;b&gt; &amp;", "&lt;b&gt; &amp;"),
        ("<p>一", "<p>一</p>"),
        ('<p title="&quot;><script>">一</p>', '<p title="&quot;&gt;&lt;script&gt;">一</p>'),
    ],
)
def test_html_when_cleaned_keeps_what_the_platform_knows(given: str, kept: str) -> None:
    assert clean(given, lambda url: url == OURS).html == kept


def test_html_when_harmless_loses_nothing() -> None:
    text = '<section style="margin:0 0 1em;line-height:1.8"><p>一<strong>二</strong><br>三</p><hr></section>'
    cleaned = clean(text, lambda _: False)
    assert cleaned.html == text
    assert cleaned.losses == []


def test_text_of_html_is_its_words() -> None:
    assert text_of("<p>一 &amp;\n<b>二</b></p>") == "一 & 二"
