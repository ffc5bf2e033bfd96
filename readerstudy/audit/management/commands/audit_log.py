from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from readerstudy.audit.export import csv_lines
from readerstudy.audit.models import AuditEvent
from readerstudy.audit.selectors import events_about, narrowed, within
from readerstudy.audit.services import verify_chain


class Command(BaseCommand):
    help = "Prints the audit log as CSV, oldest first, after checking its chain. Nothing given: all of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--about", action="append", default=[], help="study:7, cohort:2, reader:3 ...; repeatable")
        parser.add_argument("--action", default="", help="for example study.opened")
        parser.add_argument("--actor", default="", help="part of a name, an address or a reader's code")
        parser.add_argument("--since", default="", help="first day, 2027-03-31")
        parser.add_argument("--until", default="", help="last day")

    def handle(self, *args: Any, **asked: Any) -> None:
        if (broken := verify_chain()) is not None:
            raise CommandError(f"The chain of the audit log breaks at entry {broken}; nothing is printed.")
        wanted = {"action": asked["action"], "actor": asked["actor"]}
        about = asked["about"]
        events = events_about(*about, **wanted) if about else narrowed(AuditEvent.objects.all(), **wanted)
        events = within(events, since=asked["since"], until=asked["until"]).order_by("id")
        for line in csv_lines(events.iterator(chunk_size=2000)):
            self.stdout.write(line.lstrip("\ufeff"), ending="")
