"""Decisions one at a time: places, pauses, limits that change, and headers that make no sense."""

from __future__ import annotations

import itertools

import pytest

from airflow_provider_mode.client.pacing import evidence, pause, strangers, window
from airflow_provider_mode.client.pacing.pace import Seen
from airflow_provider_mode.client.pacing.state import Request, State

RULE = window.Rule(requests=4, period=10.0, bound=75.0)
GOOD = Seen(200, None, None, None)


class Bench:
    """One state, and a clock to move by hand."""

    def __init__(self, rule: window.Rule = RULE) -> None:
        self.state, self.rule, self.now = State(), rule, 1000.0
        self.numbers = itertools.count()

    def ask(self, ticket: str | None = None, owner: str = "me", rule: window.Rule | None = None) -> object:
        """The ticket when there is leave, else the wait."""
        ticket = ticket or f"{owner}#{next(self.numbers)}"
        wait = window.ask(self.state, self.now, ticket, owner, rule or self.rule)
        if wait is not None:
            window.leave(self.state, ticket)
        return ticket if wait is None else wait

    def reply(self, ticket: object, seen: Seen | None = GOOD, after: float = 0.1, u: float = 0.0) -> None:
        """The reply to a ticket, some time later."""
        self.now += after
        window.settle(self.state, self.now, str(ticket), seen, self.rule, u=u)

    def send(self, seen: Seen | None = GOOD, after: float = 0.1) -> None:
        """One request from asking to reply."""
        self.reply(self.ask(), seen, after)

    def wait(self) -> float:
        """How long the next one waits; 0 for not at all."""
        answer = self.ask()
        return answer.seconds if isinstance(answer, window.Wait) else 0.0

    def opens(self) -> int:
        """How many get leave at once."""
        return sum(isinstance(self.ask(), str) for _ in range(100))


def headers(limit: int | None, remaining: int | None, status: int = 200) -> Seen:
    """A reply with headers."""
    return Seen(status, limit, remaining, None)


def test_no_more_than_the_limit_and_a_place_again_when_a_reply_is_a_period_old() -> None:
    """Without evidence of latencies, a request may have been counted as late as its reply."""
    bench = Bench()
    for _ in range(4):
        bench.send(after=0.5)
    assert bench.wait() == pytest.approx(10.0 - 1.5, abs=0.05)


def test_a_request_under_way_holds_its_place_until_it_can_only_be_over() -> None:
    """A reply that never comes is waited for as long as any may take."""
    bench = Bench(window.Rule(requests=1, period=10.0, bound=75.0))
    bench.ask()
    bench.now += 74
    assert bench.wait() > 9
    bench.now += 11.1
    assert isinstance(bench.ask(), str)


def test_a_broken_request_counts_as_counted_when_it_broke() -> None:
    """It may have been counted, or not; and it teaches no latency."""
    bench = Bench(window.Rule(requests=1, period=10.0, bound=75.0))
    bench.send(None, after=3.0)
    assert bench.wait() == pytest.approx(10.0, abs=0.05)
    assert bench.state.latencies.n == 0


def test_a_reply_from_before_the_books_were_lost() -> None:
    """Its request counts as counted just now, and its latency as unknown."""
    bench = Bench()
    bench.reply("somebody#1")
    bench.reply("somebody#2", headers(4, 0, 429))
    assert bench.state.latencies.n == 0
    assert bench.wait() > 9


def test_the_length_of_replies_costs_nothing_once_it_is_known() -> None:
    """With enough replies of about the same length, a place is free a period after the sending."""
    bench = Bench(window.Rule(requests=20, period=10.0, bound=75.0))
    for _ in range(20):
        bench.reply(bench.ask(), after=0.4)
    assert bench.wait() == pytest.approx(10.0 - 20 * 0.4, abs=0.05)


def test_latencies_of_long_ago_are_no_evidence() -> None:
    """After minutes without a reply, the safe reading holds again; older ones stay for a while."""
    bench = Bench()
    state = bench.state
    for _ in range(20):
        evidence.learn_latency(state, 0.0, 1.0, 10.0)
    assert evidence.least_latency(state, 100.0, 10.0) == pytest.approx(1.0)
    evidence.learn_latency(state, 70.0, 1.0, 10.0)
    assert (state.older.n, state.latencies.n) == (20, 1)
    assert evidence.least_latency(state, 500.0, 10.0) == 0.0
    evidence.learn_latency(state, 500.0, 1.0, 10.0)
    assert (state.older.n, state.latencies.n) == (0, 1)


def test_the_queue_is_first_come_first_served() -> None:
    """Who came first is told to come first; who does not ask any more is forgotten."""
    bench = Bench(window.Rule(requests=1, period=10.0, bound=75.0))
    bench.send()
    first = window.ask(bench.state, bench.now, "a#1", "a", bench.rule)
    second = window.ask(bench.state, bench.now, "b#1", "b", bench.rule)
    assert first is not None
    assert second is not None
    bench.now += first.seconds
    assert window.ask(bench.state, bench.now, "b#1", "b", bench.rule) is None


def test_who_is_ahead_keeps_the_place() -> None:
    """A free place goes to the head of the queue, for as long as it asks."""
    bench = Bench(window.Rule(requests=1, period=10.0, bound=75.0))
    bench.send()
    for ticket in ("a#1", "b#1"):
        window.ask(bench.state, bench.now, ticket, "a", bench.rule)
    bench.now += 9
    window.ask(bench.state, bench.now, "a#1", "a", bench.rule)
    window.ask(bench.state, bench.now, "b#1", "b", bench.rule)
    bench.now += 2
    assert window.ask(bench.state, bench.now, "b#1", "b", bench.rule) is not None
    assert window.ask(bench.state, bench.now, "a#1", "a", bench.rule) is None


def test_users_of_one_key_go_by_the_strictest_rule() -> None:
    """A rule counts while somebody uses it, and a minute longer."""
    bench = Bench()
    strict = window.Rule(requests=2, period=20.0, bound=75.0)
    assert isinstance(bench.ask(rule=strict), str)
    assert bench.opens() == 1
    bench.now += 200
    assert bench.opens() == 4


def test_a_429_stops_everybody_for_a_fresh_window_and_then_one_goes_ahead() -> None:
    """The others follow when it has had a good reply."""
    bench = Bench()
    one, two, three = bench.ask(), bench.ask(), bench.ask()
    bench.reply(one, headers(None, None, 429))
    answer = bench.ask()
    assert isinstance(answer, window.Wait)
    assert answer.sure
    assert answer.seconds == pytest.approx(10.0, abs=0.01)
    bench.reply(two, headers(None, None, 429))
    bench.reply(three)
    assert bench.state.strikes == 1
    bench.now += 11
    ahead = bench.ask()
    assert bench.opens() == 0
    assert 0 < bench.wait() < 1
    bench.reply(ahead)
    assert bench.opens() == 3


def test_one_after_the_other_goes_ahead_even_if_the_first_breaks() -> None:
    """A broken connection is no good reply."""
    bench = Bench()
    bench.send(headers(None, None, 429))
    bench.now += 11
    bench.send(None)
    assert bench.opens() == 1


@pytest.mark.parametrize(
    ("asked", "waited"), [(2.0, 2.0), (45.0, 45.0), (1e6, 300.0), (0.0, 10.0), (0.2, 10.0)]
)
def test_the_server_says_how_long(asked: float, waited: float) -> None:
    """Retry-After is kept to, within reason; "at once" is no answer, so a fresh window is waited for."""
    bench = Bench()
    bench.send(Seen(429, None, None, asked))
    assert bench.wait() == pytest.approx(waited, abs=0.2)


def test_pauses_of_no_avail_grow_and_lose_their_rhythm() -> None:
    """The second one ends a period after the first 429, later ones at any time, and none is endless."""
    bench = Bench()
    ends = []
    for u in (0.0, 0.0, 0.0, 0.99, 0.5, 0.99):
        bench.reply(bench.ask(), headers(None, None, 429), u=u)
        ends.append(bench.wait())
        bench.now += ends[-1]
    assert ends[0] == pytest.approx(10.0, abs=0.1)
    assert ends[1] == pytest.approx(0.5, abs=0.1)
    assert ends[2] == pytest.approx(4.0, abs=0.1)
    assert ends[3] == pytest.approx(20.4, abs=0.1)
    assert ends[5] == pytest.approx(30.4, abs=0.2)
    assert max(ends) < pause.longest(10.0)


def test_with_strangers_about_a_429_waits_for_our_own_oldest_request() -> None:
    """That is when there is room again as far as we know, and the headers tell the rest."""
    bench = Bench(window.Rule(requests=10, period=10.0, bound=75.0))
    bench.send(headers(10, 9))
    bench.now += 3
    bench.send(headers(10, 3))
    bench.send(headers(10, 0, 429))
    assert bench.wait() == pytest.approx(10.0 - 3.3, abs=0.2)
    assert not bench.state.probing


def test_a_smaller_limit_holds_for_a_period_of_replies() -> None:
    """It shrinks at once, and grows when a whole period of replies has named more."""
    bench = Bench(window.Rule(requests=8, period=10.0, bound=75.0))
    bench.send(headers(2, 1))
    assert bench.opens() == 1
    bench.now += 30
    bench.send(headers(8, 7))
    assert evidence.server_limit(bench.state) == 8
    bench.now += 30
    bench.send(headers(2, 1))
    bench.now += 9
    bench.send(headers(8, 7))
    assert evidence.server_limit(bench.state) == 2


@pytest.mark.parametrize(
    "seen", [headers(0, 0), headers(-4, 2), headers(4, 9), headers(4, -1), headers(4, None), headers(None, 2)]
)
def test_headers_that_cannot_be_true_are_no_evidence(seen: Seen) -> None:
    """The window is then the configured one."""
    bench = Bench()
    bench.send(seen)
    assert bench.state.foreign == []
    assert bench.opens() == 3


def test_strangers_are_what_cannot_be_ours() -> None:
    """Own requests under way are never taken for somebody else's."""
    bench = Bench(window.Rule(requests=20, period=10.0, bound=75.0))
    one, two, three = bench.ask(), bench.ask(), bench.ask()
    bench.reply(two, headers(20, 17))
    bench.reply(three, headers(20, 18))
    bench.reply(one, headers(20, 19))
    assert strangers.present(bench.state, bench.now, 10.0) == 0
    bench.send(headers(20, 8))
    assert strangers.present(bench.state, bench.now, 10.0) == 0, "one reply alone is not believed"
    bench.send(headers(20, 7))
    assert strangers.present(bench.state, bench.now, 10.0) == 8
    assert bench.opens() == 1
    assert 0 < bench.wait() < 2
    bench.now += 25
    assert strangers.present(bench.state, bench.now, 10.0) == 0


def test_strangers_leave_us_a_tenth() -> None:
    """Even where others seem to use everything, somebody has to ask now and then."""
    bench = Bench(window.Rule(requests=20, period=10.0, bound=75.0))
    bench.send(headers(20, 0))
    bench.send(headers(20, 0))
    bench.now += 5
    assert bench.wait() > 0
    bench.now += 6
    assert isinstance(bench.ask(), str)


def test_strangers_beside_a_small_share_of_ours_cost_nothing() -> None:
    """Where our configured limit leaves room for them, nothing is slowed down."""
    bench = Bench(window.Rule(requests=5, period=10.0, bound=75.0))
    bench.send(headers(40, 30))
    bench.send(headers(40, 29))
    assert strangers.present(bench.state, bench.now, 10.0) == 9
    assert bench.opens() == 3


def _reply(state: State, at: float, used: int) -> None:
    """One request of ours and its reply, a tenth of a second later."""
    request = Request(f"t{at}", "me", at, at + 0.1, 40 - used)
    state.requests.append(request)
    strangers.learn(state, request, at + 0.1, used, 10.0)


def test_a_new_window_of_the_server_is_noticed() -> None:
    """What is counted from there on tells more of strangers than a whole period would."""
    state = State()
    for number in range(12):
        _reply(state, number * 0.5, 1 + number * 3)
    _reply(state, 6.0, 1)
    assert state.first is not None
    _reply(state, 7.0, 9)
    assert state.foreign[-1][1] == 7
    assert strangers.next_window(state, 7.0, 10.0) == pytest.approx(16.1)
    _reply(state, 20.0, 1)
    assert state.first is None
    assert strangers.next_window(state, 30.0, 10.0) is None


def test_counters_of_several_classes_are_no_new_windows() -> None:
    """Counts that fall twice within a period come from different counters."""
    state = State()
    for number, used in enumerate([30, 1, 31, 2, 32, 3]):
        _reply(state, number * 0.5, used)
    assert state.first is None


def test_a_reply_to_an_early_request_begins_no_window() -> None:
    """What was overtaken says nothing of what came after."""
    state = State()
    _reply(state, 5.0, 30)
    late = Request("late", "me", 4.0, 5.5, 39)
    strangers.learn(state, late, 5.5, 1, 10.0)
    assert state.first is None


def test_no_estimate_without_the_whole_account() -> None:
    """Where some of our own requests are not known, strangers cannot be told from them."""
    bench = Bench()
    window.spend(bench.state, bench.now, bench.rule)
    bench.reply("before#1", headers(4, 0))
    assert bench.state.foreign == []
