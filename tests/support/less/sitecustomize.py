"""Takes from Python what Windows lacks; read at the start of every process."""

import os
import signal

for module, names in {
    os: ["killpg", "setsid", "sched_getaffinity", "O_DIRECTORY"],
    signal: ["SIGHUP", "pthread_kill"],
}.items():
    for name in names:
        vars(module).pop(name, None)
