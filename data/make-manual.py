#!/usr/bin/env python3
"""Renews the commands in data/ssgan-trainer.1 from what --help says: data/make-manual.py [BUILD]

Everything else in the page is written by hand. tests/ui/manual.sh fails while an option is missing from the page.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TRAINER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve() / "trainer" / "ssgan-trainer"
PAGE = ROOT / "data" / "ssgan-trainer.1"
SHARED = ["--device", "--threads", "--seed", "--jobs", "--quiet", "--help"]  # these mean the same wherever they are taken


def help_of(*words):
    return subprocess.run([TRAINER, *words, "--help"], capture_output=True, text=True, check=True,
                          env={"LC_ALL": "C.UTF-8", "LANGUAGE": "C"}).stdout


def commands(text):
    block = re.search(r"^Commands:\n((?:  .*\n)+)", text, re.M)
    return [line.split()[0] for line in block.group(1).splitlines()] if block else []


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line.startswith((".", "'")) else line for line in text.splitlines())


def option(line):
    """'  -o, --out=DIR   Folder' -> ('--out', roff of the paragraph)"""
    match = re.match(r"^ +(?:(-\w), )?(--[\w-]+)(?:=(\S+))?\s+(.*)$", line)
    short, name, value, words = match.groups()
    head = (f'.BR {roff(short)} ", " ' if short else ".BR ") + roff(name) + (f' "=\\fI{roff(value)}\\fR"' if value else "")
    return name, f".TP\n{head}\n{roff(words)}"


def prose(text):
    """Paragraphs; lines that are set in are tables of two columns or lists."""
    out, inside = [], False
    for line in text.splitlines():
        table = re.match(r"^ {2,3}(\S.*?) {2,}(\S.*)$", line)
        if not line.strip():
            out.append(".PP")
            inside = False
        elif table:
            out.append(f".TP\n.B {roff(table[1])}\n{roff(table[2])}")
            inside = True
        elif re.match(r"^ {2}- ", line):
            out.append(f".IP \\(bu 2\n{roff(line.strip()[2:])}")
            inside = True
        else:
            if inside and not line.startswith("   "):
                out.append(".PP")
                inside = False
            out.append(roff(line.strip()))
    return "\n".join(out)


def body(text):
    usage = re.search(r"ssgan-trainer (.*)", text).group(1).replace("[OPTION…] ", "").replace("[OPTION…]", "")
    words, _, listed = text.split("\n\n", 1)[1].partition("\nOptions:\n")
    out = [f".I {roff(usage.strip())}", ".PP"] if usage.strip() else []
    out.append(prose(words.strip()))
    return "\n".join(out), [option(line) for line in listed.splitlines() if re.match(r"^ +(-\w, )?--", line)]


def main():
    sections, shared = [], {}
    for command in commands(help_of()):
        subs = commands(help_of(command))
        for words in [[command, sub] for sub in subs] or [[command]]:
            text, options = body(help_of(*words))
            own = [paragraph for name, paragraph in options if name not in SHARED]
            shared = {**dict(option for option in options if option[0] in SHARED), **shared}
            sections.append("\n".join([f".SS {' '.join(words)}", text] + own))
    sections.append("\n".join([".SS Options of all commands", "Each where it makes sense; \\fICOMMAND\\fR \\fB\\-\\-help\\fR says where."] +
                              [shared[name] for name in SHARED if name in shared]))
    page = PAGE.read_text()
    start, end = page.index(".SH COMMANDS\n"), page.index(".SH EXIT STATUS\n")
    PAGE.write_text(page[:start] + ".SH COMMANDS\n" + "\n".join(sections) + "\n" + page[end:])


main()
