"""Tries to get out. Runs in a locked-in process, so it needs nothing but Python itself.

python attempts.py FACTS ANSWERS     FACTS is a JSON file that says where there is something to get

Writes {name: {"got": what, "why": not}}. Each attempt does what an uploaded file would do that has
taken over the decoder; where nothing stops it, it changes nothing that matters.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

libc = ctypes.CDLL(None, use_errno=True)
ATTEMPTS: dict[str, Callable[[SimpleNamespace], object]] = {}
AARCH64 = os.uname().machine == "aarch64"


def attempt(function: Callable[[SimpleNamespace], object]) -> Callable[[SimpleNamespace], object]:
    ATTEMPTS[function.__name__] = function
    return function


def call(x86_64: int, aarch64: int, *arguments: object) -> str:
    """A system call by its number. Returns what it answered; raises OSError."""
    given = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    answer = libc.syscall(ctypes.c_long(aarch64 if AARCH64 else x86_64), *given)
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return f"answered {answer}"


# Files.


@attempt
def read_the_passwords_of_the_machine(facts: SimpleNamespace) -> object:
    return Path("/etc/shadow").read_bytes()


@attempt
def read_the_secret_key(facts: SimpleNamespace) -> object:
    return Path(facts.key).read_bytes()


@attempt
def read_the_database(facts: SimpleNamespace) -> object:
    return Path(facts.database).read_bytes()


@attempt
def read_the_settings_of_the_project(facts: SimpleNamespace) -> object:
    return Path(facts.project, "manage.py").read_bytes()


@attempt
def read_the_upload_of_another_job(facts: SimpleNamespace) -> object:
    return Path(facts.other_job, "in").read_bytes()


@attempt
def list_another_job(facts: SimpleNamespace) -> object:
    return os.listdir(facts.other_job)


@attempt
def list_the_data_folder(facts: SimpleNamespace) -> object:
    return [name for name in os.listdir(facts.data) if name != "work"]  # where its folder is


@attempt
def go_up_from_the_own_folder(facts: SimpleNamespace) -> object:
    given = (Path.cwd().name, Path(facts.input).name)
    return [name for name in os.listdir("..") if name not in given]


@attempt
def read_media(facts: SimpleNamespace) -> object:
    return Path(facts.media).read_bytes()


@attempt
def write_into_media(facts: SimpleNamespace) -> object:
    with open(facts.media, "r+b") as file:
        return file.write(b"x")


@attempt
def add_a_file_to_media(facts: SimpleNamespace) -> object:
    return Path(facts.media).with_name("new").write_bytes(b"x")


@attempt
def remove_a_file_of_another_job(facts: SimpleNamespace) -> object:
    os.unlink(Path(facts.other_job, "victim"))
    return "removed"


@attempt
def cut_a_media_file(facts: SimpleNamespace) -> object:
    os.truncate(facts.media, 1)
    return "cut"


@attempt
def change_the_rights_of_a_media_file(facts: SimpleNamespace) -> object:
    os.chmod(facts.media, 0o666)
    return "changed"


@attempt
def change_the_time_of_a_media_file(facts: SimpleNamespace) -> object:
    os.utime(facts.media, (1, 1))
    return "changed"


@attempt
def write_into_the_input(facts: SimpleNamespace) -> object:
    with open(facts.input, "r+b") as file:
        return file.write(b"x")


@attempt
def change_the_rights_of_the_input(facts: SimpleNamespace) -> object:
    os.chmod(facts.input, 0o666)
    return "changed"


@attempt
def change_the_rights_of_the_open_input(facts: SimpleNamespace) -> object:
    with open(facts.input, "rb") as file:
        os.fchmod(file.fileno(), 0o666)
    return "changed"


@attempt
def change_the_time_of_the_open_input(facts: SimpleNamespace) -> object:
    with open(facts.input, "rb") as file:
        os.utime(file.fileno(), (1, 1))
    return "changed"


@attempt
def leave_a_symbolic_link_for_the_worker(facts: SimpleNamespace) -> object:
    os.symlink(facts.key, "result")
    return "left"


@attempt
def link_a_media_file_into_the_folder(facts: SimpleNamespace) -> object:
    os.link(facts.media, "linked")
    return "linked"


@attempt
def move_the_input_into_the_folder(facts: SimpleNamespace) -> object:
    os.rename(facts.input, "moved")
    os.rename("moved", facts.input)
    return "moved"


@attempt
def leave_a_pipe_for_the_worker(facts: SimpleNamespace) -> object:
    os.mkfifo("pipe")
    return "left"


@attempt
def leave_a_program(facts: SimpleNamespace) -> object:
    Path("left").write_bytes(b"x")
    os.chmod("left", 0o755)
    return "left"


@attempt
def make_a_device(facts: SimpleNamespace) -> object:
    os.mknod("device", 0o600 | 0o020000, os.makedev(1, 1))
    return "made"


@attempt
def open_memory(facts: SimpleNamespace) -> object:
    return os.open("/dev/mem", os.O_RDONLY)


@attempt
def watch_media(facts: SimpleNamespace) -> object:
    watcher = int(call(294, 26, 0).split()[1])
    return call(254, 27, watcher, os.fsencode(facts.media), 0xFFF)


@attempt
def ask_for_a_file_by_its_handle(facts: SimpleNamespace) -> object:
    handle = ctypes.create_string_buffer(b"\x80\0\0\0" + bytes(200))
    mount = ctypes.c_int()
    call(303, 264, -100, os.fsencode(facts.media), handle, ctypes.byref(mount), 0)
    return "answered"


# The network, and sockets of every kind.


@attempt
def connect_by_tcp(facts: SimpleNamespace) -> object:
    with socket.create_connection(("127.0.0.1", facts.tcp), timeout=5) as connected:
        return connected.getpeername()


@attempt
def connect_to_the_database(facts: SimpleNamespace) -> object:
    return [socket.create_connection(address, timeout=5) for address in facts.services] or None


@attempt
def listen_by_tcp(facts: SimpleNamespace) -> object:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()


@attempt
def send_by_udp(facts: SimpleNamespace) -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"x", ("127.0.0.1", facts.udp))


@attempt
def connect_to_a_socket_in_a_folder(facts: SimpleNamespace) -> object:
    with socket.socket(socket.AF_UNIX) as connected:
        connected.connect(facts.unix)
        return "connected"


@attempt
def connect_to_an_abstract_socket(facts: SimpleNamespace) -> object:
    with socket.socket(socket.AF_UNIX) as connected:
        connected.connect("\0" + facts.abstract)
        return "connected"


@attempt
def open_a_netlink_socket(facts: SimpleNamespace) -> object:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW):
        return "opened"


@attempt
def make_a_pair_of_sockets(facts: SimpleNamespace) -> object:
    return socket.socketpair()


@attempt
def open_a_ring(facts: SimpleNamespace) -> object:
    return call(425, 425, 4, ctypes.create_string_buffer(120))


# Other processes.


@attempt
def signal_the_worker(facts: SimpleNamespace) -> object:
    os.kill(facts.worker, 0)
    return "it would have arrived"


@attempt
def signal_every_process(facts: SimpleNamespace) -> object:
    os.kill(-1, 0)
    return "it would have arrived"


@attempt
def signal_a_thread_of_the_worker(facts: SimpleNamespace) -> object:
    return call(200, 130, facts.worker, 0)


@attempt
def see_other_processes(facts: SimpleNamespace) -> object:
    return [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]


@attempt
def read_the_environment_of_the_worker(facts: SimpleNamespace) -> object:
    return Path(f"/proc/{facts.worker}/environ").read_bytes()


@attempt
def read_the_memory_of_the_worker(facts: SimpleNamespace) -> object:
    local = (ctypes.c_size_t * 2)(ctypes.addressof(ctypes.create_string_buffer(8)), 8)
    remote = (ctypes.c_size_t * 2)(facts.address, 8)
    return call(310, 270, facts.worker, local, 1, remote, 1, 0)


@attempt
def trace_another_process(facts: SimpleNamespace) -> object:
    call(101, 117, 0x4206, facts.sleeper, 0, 0)
    return call(101, 117, 17, facts.sleeper, 0, 0)


@attempt
def change_the_limits_of_another_process(facts: SimpleNamespace) -> object:
    return call(302, 261, facts.sleeper, 7, ctypes.create_string_buffer(bytes(16)), None)


@attempt
def slow_down_another_process(facts: SimpleNamespace) -> object:
    os.setpriority(os.PRIO_PROCESS, facts.sleeper, 19)
    return "slowed down"


@attempt
def start_another_process(facts: SimpleNamespace) -> object:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "started"


@attempt
def start_another_process_by_the_new_call(facts: SimpleNamespace) -> object:
    arguments = ctypes.create_string_buffer(bytes(32) + b"\x11" + bytes(55), 88)  # SIGCHLD
    pid = int(call(435, 435, arguments, 88).split()[1])
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "started"


@attempt
def live_on_when_the_worker_dies(facts: SimpleNamespace) -> object:
    return call(157, 167, 1, 0, 0, 0, 0)


# The kernel.


@attempt
def make_a_user_namespace(facts: SimpleNamespace) -> object:
    # CLONE_FILES instead would prove nothing; the process of an attempt may do without its files.
    return call(272, 97, 0x10000000)


@attempt
def mount_something(facts: SimpleNamespace) -> object:
    here = os.fsencode(os.getcwd())
    call(165, 40, b"x", here, b"tmpfs", 0, b"")
    return call(166, 39, here, 2)


@attempt
def change_the_root(facts: SimpleNamespace) -> object:
    os.chroot("/")
    return "changed"


@attempt
def use_the_keys_of_the_kernel(facts: SimpleNamespace) -> object:
    return call(250, 219, 0, -4, 0)


@attempt
def load_a_program_into_the_kernel(facts: SimpleNamespace) -> object:
    array = bytes.fromhex("0200000004000000040000000100000000000000")  # type 2, sizes 4, 4, 1
    return call(321, 280, 0, ctypes.create_string_buffer(array, 72), 72)


@attempt
def count_events_of_the_processor(facts: SimpleNamespace) -> object:
    event = ctypes.create_string_buffer(b"\1\0\0\0\x70\0\0\0" + bytes(104))
    return call(298, 241, event, 0, -1, -1, 0)


@attempt
def handle_page_faults(facts: SimpleNamespace) -> object:
    return call(323, 282, 1)


@attempt
def make_a_file_of_memory(facts: SimpleNamespace) -> object:
    return call(319, 279, b"x", 0)


@attempt
def share_memory(facts: SimpleNamespace) -> object:
    return call(29, 194, 0, 4096, 0o1600)


@attempt
def become_root(facts: SimpleNamespace) -> object:
    os.setresuid(0, 0, 0)
    return os.getresuid() if open("/proc/self/status").read() else None


@attempt
def get_a_capability(facts: SimpleNamespace) -> object:
    header = ctypes.create_string_buffer(b"\x22\x05\x08\x20" + bytes(4))
    data = ctypes.create_string_buffer(24)
    call(125, 90, header, data)
    return data.raw if any(data.raw) else None


# What is given along, and limits.


@attempt
def raise_the_own_limits(facts: SimpleNamespace) -> object:
    limits = [resource.getrlimit(kind) for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0][1] + 1, limits[0][1] + 1))
    return limits


@attempt
def use_more_memory(facts: SimpleNamespace) -> object:
    try:
        return len(bytearray(facts.memory + 1))
    except MemoryError:
        return None


@attempt
def find_open_files(facts: SimpleNamespace) -> object:
    found = []
    for descriptor in range(3, 1000):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found.append(descriptor)
    return found


@attempt
def find_secrets_in_the_environment(facts: SimpleNamespace) -> object:
    return [name for name in os.environ if name not in ("PATH", "LANG", "LC_CTYPE")]


def main(facts_path: str, answers_path: str) -> None:
    facts = SimpleNamespace(**json.loads(Path(facts_path).read_text()))
    answers = {}
    for name, function in ATTEMPTS.items():
        try:
            got = function(facts)
            answers[name] = {"got": repr(got)[:100] if got else "", "why": "nothing was got"}
        except (OSError, ValueError) as error:
            answers[name] = {"got": "", "why": str(error)}
        Path(answers_path).write_text(json.dumps(answers))
    # Last, because where it works there is nobody left to tell.
    answers["run another program"] = {"got": "it ran", "why": ""}
    Path(answers_path).write_text(json.dumps(answers))
    try:
        os.execv("/bin/true", ["true"])
    except OSError as error:
        answers["run another program"] = {"got": "", "why": str(error)}
    Path(answers_path).write_text(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:3])
