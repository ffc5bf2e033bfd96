import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from readerstudy.operations.doctor import BAD, LOOK, examine

SIGNS = {"ok": "ok  ", "look": "LOOK", "bad": "BAD "}


class Command(BaseCommand):
    help = "Looks at everything a site needs. Ends with status 1 where something is bad."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument("--no-workers", action="store_true", help="do not ask for workers (three seconds)")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in examine(has_workers=not options["no_workers"]):
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(f"{SIGNS[finding.state]}  {finding.subject:<12} {finding.found}")
                if finding.advice:
                    self.stdout.write(f"{'':18} {finding.advice}")
        if options["json"]:
            self.stdout.write(json.dumps([finding.plain() for finding in findings], ensure_ascii=False, indent=1))
        bad, look = (sum(finding.state == state for finding in findings) for state in (BAD, LOOK))
        if not options["json"]:
            self.stdout.write(f"\n{bad} bad, {look} to look at, {len(findings) - bad - look} in order.")
        if bad:
            sys.exit(1)
