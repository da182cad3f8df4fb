"""WeChat's publishing of drafts: a job that takes its time, its end, and the articles that followers see."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.fakes.stage.clock import Clock
from tests.fakes.wechat.codes import Refused
from tests.fakes.wechat.drafts import Article, Draft, Drafts

DONE, RUNNING, NOT_ORIGINAL, FAILED, REFUSED, DELETED, BANNED = range(7)
# A follower sees the article under its permanent address only there.
PERMANENT: Final = "http://mp.weixin.qq.com"


@dataclass
class Shown:
    """One article that went out."""

    article: Article
    url: str
    sn: str
    deleted: bool = False
    banned: bool = False

    @property
    def is_visible(self) -> bool:
        return not self.deleted and not self.banned


@dataclass
class Publication:
    """What one draft became."""

    article_id: str
    items: list[Shown]
    at: dt.datetime
    pushed: bool = False


@dataclass
class Job:
    """One submit."""

    publish_id: str
    msg_data_id: str
    media_id: str
    title: str
    result: int
    status: int = RUNNING
    article_id: str = ""
    fail_idx: tuple[int, ...] = ()


@dataclass
class Plan:
    """How the next submits end: after `delay` seconds with `result`; `results` are used up first."""

    delay: float = 2.0
    result: int = DONE
    results: list[int] = field(default_factory=list)


@dataclass
class Publishing:
    """`finished` is told of each job that ended, `later` plans the end."""

    clock: Clock
    drafts: Drafts
    identity: Callable[[str], str]
    number: Callable[[str], int]
    count: Callable[[str], None]
    later: Callable[[float, Callable[[], None]], None]
    finished: Callable[[Job], None]
    base: str = PERMANENT
    plan: Plan = field(default_factory=Plan)
    leaves_at_submit: bool = False
    """Whether a draft leaves the box when it is submitted, and comes back when that fails.

    The platform's pages say only that it is gone after it is published.
    """
    jobs: dict[str, Job] = field(default_factory=dict)
    publications: dict[str, Publication] = field(default_factory=dict)

    def submit(self, media_id: str) -> Job:
        draft = self.drafts.get(media_id)
        result = self.plan.results.pop(0) if self.plan.results else self.plan.result
        number = self.number("publish")
        title = draft.articles[0].title
        job = Job(f"{2247483647 + number}", f"{2247490000 + number}", media_id, title, result)
        self.jobs[job.publish_id] = job
        self.count("submits")
        if self.leaves_at_submit:
            del self.drafts.box[media_id]
        self.later(self.plan.delay, lambda: self._end(job, draft))
        return job

    def get(self, publish_id: str) -> Job:
        if publish_id not in self.jobs:
            raise Refused(53502)
        return self.jobs[publish_id]

    def article(self, article_id: str) -> Publication:
        found = self.publications.get(article_id)
        if found is None:
            raise Refused(53600)
        return found

    def delete(self, article_id: str, index: int) -> None:
        """Deletes the article at `index` from 1 on, or all for 0."""
        publication = self.article(article_id)
        if not 0 <= index <= len(publication.items):
            raise Refused(40114)
        for item in publication.items[index - 1 : index] if index else publication.items:
            if not item.deleted:
                self.count("articles_deleted")
            item.deleted = True
        self._restate(publication)

    def ban(self, article_id: str) -> None:
        for item in self.article(article_id).items:
            item.banned = True
        self._restate(self.article(article_id))

    def show(self, articles: list[Article], *, pushed: bool) -> Publication:
        """Articles go out; by a push or by publishing alone."""
        article_id = f"art_{self.identity('article')[:43]}"
        items = []
        for place, article in enumerate(articles, 1):
            sn = self.identity("sn")[:32]
            items.append(Shown(article, self._url(sn, place), sn))
        publication = Publication(article_id, items, self.clock.now(), pushed)
        self.publications[article_id] = publication
        self.count("publications")
        return publication

    def listed(self, offset: int, count: int) -> list[Publication]:
        if not 1 <= count <= 20 or offset < 0:
            raise Refused(40035)
        return self.newest()[offset : offset + count]

    def newest(self) -> list[Publication]:
        return sorted(self.publications.values(), key=lambda one: one.at, reverse=True)

    def find(self, sn: str) -> tuple[Publication, Shown] | None:
        for publication in self.publications.values():
            for item in publication.items:
                if item.sn == sn:
                    return publication, item
        return None

    def _end(self, job: Job, draft: Draft) -> None:
        # The job works on the draft in the box: what was deleted or is out already cannot be published.
        if not self.leaves_at_submit and job.media_id not in self.drafts.box:
            job.result = FAILED
        job.status = job.result
        if job.result in {NOT_ORIGINAL, REFUSED}:
            job.fail_idx = tuple(range(1, len(draft.articles) + 1))
        if job.result in {DONE, DELETED, BANNED}:
            self.drafts.box.pop(job.media_id, None)
            publication = self.show(list(draft.articles), pushed=False)
            job.article_id = publication.article_id
            for item in publication.items:
                item.deleted, item.banned = job.result == DELETED, job.result == BANNED
        elif self.leaves_at_submit:
            self.drafts.box[job.media_id] = draft
        self.finished(job)

    def _restate(self, publication: Publication) -> None:
        for job in self.jobs.values():
            if job.article_id == publication.article_id:
                if all(item.deleted for item in publication.items):
                    job.status = DELETED
                elif all(item.banned for item in publication.items):
                    job.status = BANNED

    def _url(self, sn: str, place: int) -> str:
        if self.base != PERMANENT:
            return f"{self.base}/s/{sn}"
        return f"{self.base}/s?__biz=MzA5MDAwMDAwMA==&mid=2247483650&idx={place}&sn={sn}#rd"
