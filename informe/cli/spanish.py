"""The words of click, the library of the command line, in Spanish."""

import sys

WORDS = {
    "Usage:": "Uso:",
    "Options": "Opciones",
    "Commands": "Órdenes",
    "default: {default}": "por omisión: {default}",
    "required": "obligatoria",
    "Show this message and exit.": "Muestra esta ayuda.",
    "Show the version and exit.": "Muestra la versión.",
    "%(prog)s, version %(version)s": "%(prog)s, versión %(version)s",
    "Aborted!": "Interrumpido.",
    "Try '{command} {option}' for help.": "Más ayuda: {command} {option}",
    "Invalid value: {message}": "Valor no válido: {message}",
    "Invalid value for {param_hint}: {message}": "{param_hint}: {message}",
    "Missing command.": "Falta la orden.",
    "Missing option": "Falta la opción",
    "Missing argument": "Falta el argumento",
    "No such option {name!r}.": "No existe la opción {name!r}.",
    "No such command {name!r}.": "No existe la orden {name!r}.",
    "Did you mean {possibility}?": "¿Quiso decir {possibility}?",
    "(Did you mean one of: {possibilities}?)": "¿Quiso decir una de {possibilities}?",
    "Got unexpected extra argument ({args})": "Sobra el argumento {args}",
    "Got unexpected extra arguments ({args})": "Sobran los argumentos {args}",
    "Option {name!r} requires an argument.": "La opción {name!r} lleva un valor.",
    "Option {name!r} requires {nargs} arguments.": "{name!r} lleva {nargs} valores.",
    "Option {name!r} does not take a value.": "La opción {name!r} no lleva valor.",
    "{value!r} is not one of {choices}.": "{value!r} no es ninguno de {choices}.",
    "{value!r} is not a valid {number_type}.": "{value!r} no es un número entero.",
    "{value} is not in the range {range}.": "{value} no cumple {range}.",
    "{name} {filename!r} is a file.": "{filename!r} es un archivo.",
    "{name} {filename!r} is a directory.": "{filename!r} es una carpeta.",
}


def speak() -> None:
    """Let click say these words in place of its own."""
    for name, module in list(sys.modules.items()):
        if name.startswith("click."):
            vars(module).update({"_": _said, "ngettext": _counted})


def _said(text: str) -> str:
    return WORDS.get(text, text)


def _counted(one: str, several: str, n: int) -> str:
    return _said(one if n == 1 else several)
