"""The words a new study starts with. A coordinator may change each of them until the study opens."""

from django.utils.translation import gettext_lazy

CONSENT = gettext_lazy("""\
You are asked to look at photographs of children's faces and to say, for each, whether you think the child has a \
genetic syndrome. Your answers are stored under a code, never under your name, and are compared with each other and \
with a computer program.

Taking part is voluntary. You may stop at any time, without giving a reason; tell the coordinator if your answers \
should not be used. Nobody's performance is shown to an employer or to other readers by name.

The photographs are confidential. Please read alone, and make no copy of any kind.""")

INSTRUCTIONS = gettext_lazy("""\
Each face is shown once and for a fixed time. Look at it as you would look at a child coming into your room, and \
decide: genetic syndrome, or not.

There is no history and no examination; only the face. A face cannot be called back, so make yourself comfortable, \
switch the telephone off and rest when the page offers it. Answer every face, even when you are unsure: the \
confidence question is there to say so.""")
