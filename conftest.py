"""What all tests share: how hard Hypothesis tries, and that Ctrl-C can be pressed.

`ordinary` counts unless --hypothesis-profile asks for another: the same examples each time, since a gate must not fail
by luck. `nightly` (`./dev nightly`) tries others each time, and many more. A test that needs more of them than the rest
says how many times as many: `@settings(max_examples=4 * settings().max_examples)`.
"""

import signal

from hypothesis import settings

settings.register_profile("ordinary", derandomize=True, max_examples=50, deadline=None, print_blob=True)
settings.register_profile("nightly", derandomize=False, max_examples=2000, deadline=None, print_blob=True)
settings.load_profile("ordinary")

# In the background of a script Ctrl-C is ignored, also by all that is started there: tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
