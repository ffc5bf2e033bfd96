from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "readerstudy.accounts"
    label = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from readerstudy.accounts import checks, factors, idle, language, trail  # noqa: F401  (the first two register)

        user_logged_out.connect(trail.signed_out, dispatch_uid="signing out is written down")
        user_logged_in.connect(idle.begin, dispatch_uid="idle begins with signing in")
        user_logged_in.connect(language.begin, dispatch_uid="a session speaks the account's language")
