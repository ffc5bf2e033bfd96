from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from readerstudy.accounts.factors import forget_factors
from readerstudy.accounts.models import User


class Command(BaseCommand):
    help = "Removes the authenticator app, passkeys and recovery codes of somebody who lost them; the password stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the e-mail address of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no account for {options['name']}: write the e-mail address it signs in with.")
        number = forget_factors(user)
        self.stdout.write(
            f"{number} removed. {user.email} signs in with the password alone, and should set up a new one."
            if number
            else f"{user.email} has no second factor."
        )
