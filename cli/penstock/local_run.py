"""`penstock run`: everything that one machine needs, started in order and ended in reverse.

broker (embedded) ─▶ model ─▶ pre-flight ─▶ worker ─▶ records, until drained or stopped
"""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from penstock.answer_reader import AnswerReader, Written
from penstock.committed_offsets import CommittedOffsets
from penstock.embedded_kafka import EmbeddedKafka, create_topics, embedded_kafka
from penstock.failures import NOT_DRAINED, Failed
from penstock.feed import Feed, Throttle
from penstock.input_source import InputSource
from penstock.kafka_clients import KafkaClients
from penstock.ledger import Counts, Ledger
from penstock.local_settings import Settings, with_embedded_broker
from penstock.pacing import Pacing
from penstock.plan import Plan, plan_run
from penstock.prepare import prepare
from penstock.private_folder import PrivateFolder, private_folder, write_settings
from penstock.run_options import RunOptions
from penstock.running_model import running_model, wait_for_model
from penstock.scraper import Scraper
from penstock.screen import Screen
from penstock.session import Check, Parts, Session
from penstock.stopping import StopRequests
from penstock.summary import Summary, clear_counts, summary_lines, write_counts
from penstock.worker_process import WorkerProcess

FOR_TRYING_ONLY = "embedded broker: for trying only; its records are in memory and gone when this ends"
FLUSH_SECONDS = 5


def run_locally(options: RunOptions) -> None:
    """Raises `Failed` with the exit code of whatever could not go on."""
    with StopRequests() as stop, Screen(verbose=options.verbose) as screen:
        run(plan_run(options), screen, stop)


def run(plan: Plan, screen: Screen, stop: StopRequests) -> None:
    """Returns when drained or stopped. Raises `Failed` with the exit code of whatever could not go on."""
    clear_counts(plan.summary_file)
    with ExitStack() as stack:
        source = stack.enter_context(InputSource(plan.input)) if plan.input else None
        folder = stack.enter_context(private_folder(plan.secrets, plan.secrets_dir))
        broker = stack.enter_context(embedded_kafka(stop)) if plan.embedded_kafka else None
        kafka = _kafka_settings(plan, broker, screen)
        write_settings(folder, kafka, plan.worker)
        model = stack.enter_context(running_model(plan.model, screen))
        screen.message(f"pre-flight: asking {', '.join(kafka['bootstrapServers'])}")
        prepare(folder, stop, screen)
        wait_for_model(plan.model, model, stop)
        checks = (model.check, broker.check) if broker else (model.check,)
        session = _session(plan, _Machine(folder, source, checks, screen, stop), stack)
        try:
            session.run()
        except Failed:
            session.abandon()
            _report(plan, session.summary(), screen)
            raise
        session.drain()
        _report(plan, session.summary(), screen)
        _require_answers(plan, session.summary().counts)


def _kafka_settings(plan: Plan, broker: EmbeddedKafka | None, screen: Screen) -> Settings:
    if broker is None:
        return plan.kafka
    screen.message(FOR_TRYING_ONLY)
    create_topics(broker.address, list(plan.kafka["topics"].values()))
    return with_embedded_broker(plan.kafka, broker.address)


@dataclass(frozen=True, slots=True)
class _Machine:
    """What is up before the worker starts."""

    folder: PrivateFolder
    source: InputSource | None
    checks: Sequence[Check]
    screen: Screen
    stop: StopRequests


def _session(plan: Plan, machine: _Machine, stack: ExitStack) -> Session:
    clients = KafkaClients(machine.folder)
    topics = clients.settings.topics
    ledger = Ledger()
    written = Written(str(clients.settings.deployment), topics.input)
    answers = stack.enter_context(closing(AnswerReader(clients.consumer(), (topics.output, topics.error), written)))
    answers.start()
    feed = _feed(plan, machine.source, clients, ledger, stack) if machine.source else None
    worker = WorkerProcess(machine.folder, machine.screen)
    stack.callback(worker.stop, 0)
    scraper = stack.enter_context(Scraper(plan.worker["port"]))
    parts = Parts(worker, machine.checks, answers, feed, ledger, scraper, machine.screen, machine.stop)
    return Session(parts, plan.wishes)


def _feed(plan: Plan, source: InputSource, clients: KafkaClients, ledger: Ledger, stack: ExitStack) -> Feed:
    topic = clients.settings.topics.input
    throttle = None
    if plan.embedded_kafka:
        committed = stack.enter_context(closing(CommittedOffsets(clients.consumer(), topic)))
        throttle = Throttle(Pacing(), committed, ledger)
    feed = Feed(source, clients.producer(), topic, ledger, throttle)
    stack.callback(feed.close, FLUSH_SECONDS)
    return feed


def _report(plan: Plan, summary: Summary, screen: Screen) -> None:
    screen.end_status()
    if plan.input is None:
        return
    for line in summary_lines(summary):
        screen.message(line)
    if plan.summary_file:
        write_counts(summary.counts, plan.summary_file)


def _require_answers(plan: Plan, counts: Counts) -> None:
    if plan.wishes.until_drained and counts.unanswered:
        raise Failed(NOT_DRAINED, f"stopped before {counts.unanswered:,} of {counts.input:,} records were answered")
