"""A seccomp filter: the kernel refuses the calls that reading a video never needs.

It names what is refused, so that another C library or another ffmpeg does not need another list;
of the calls that are newer than Linux 5.0 it names what is allowed, so that a new kernel brings
nothing in.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from itertools import chain

from library.confinement.kernel import PR_SET_SECCOMP, machine, prctl

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_…
# Numbers on x86_64 and on aarch64; None where there is no such call.
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Sockets of every kind.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "recvmsg": (47, 212),
    # Other processes.
    "fork": (57, None),
    "vfork": (58, None),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # Namespaces and mounts.
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    # Files: names, kinds, rights and times that the reader of a video does not change.
    "mknod": (133, None),
    "mknodat": (259, 33),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "link": (86, None),
    "linkat": (265, 37),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "memfd_create": (319, 279),
    # Messages and memory shared with others.
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # Parts of the kernel with a long record of holes, and the machine itself.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_setup": (206, 0),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "vmsplice": (278, 75),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "uselib": (134, None),
    "iopl": (172, None),
    "ioperm": (173, None),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "vhangup": (153, 58),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
}
# From here on every architecture has the same numbers. io_uring, pidfd_… and the calls for mounts
# and Landlock are among those that are not allowed.
FIRST_NEW = 424
# close_range, openat2, faccessat2, epoll_pwait2, futex_waitv, cachestat, map_shadow_stack,
# futex_wake, futex_wait, futex_requeue, mseal
ALLOWED_NEW = (436, 437, 439, 441, 449, 451, 453, 454, 455, 456, 462)
# Calls that depend on their first argument.
CLONE, KILL, TGKILL = (56, 220), (62, 129), (234, 131)
PRLIMIT, PRCTL = (302, 261), (157, 167)
CLONE_THREAD, PR_SET_PDEATHSIG = 0x10000, 1

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16  # both machines are little-endian
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
REFUSE, UNKNOWN = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS


def restrict() -> None:
    """Set the filter for this process and all that it becomes. Needs no_new_privs. Raises OSError
    where the kernel has no seccomp, or the processor is none that we know."""
    if machine() not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"seccomp: there is no filter for {machine()}")
    program = _filter(machine(), os.getpid())
    code = ctypes.create_string_buffer(program, len(program))
    address = ctypes.addressof(code)
    described = ctypes.create_string_buffer(struct.pack("=H6xQ", len(program) // 8, address))
    prctl(PR_SET_SECCOMP, 2, ctypes.addressof(described))


def _filter(processor: str, pid: int) -> bytes:
    column = list(ARCHITECTURES).index(processor)
    refused = [n for numbers in REFUSED.values() if (n := numbers[column]) is not None]
    return b"".join(
        chain(
            [_do(LOAD, ARCHITECTURE_AT), _do(EQUAL, ARCHITECTURES[processor], yes=1)],
            [_do(RETURN, KILL_PROCESS), _do(LOAD, NUMBER_AT)],
            *(_on(EQUAL, number, [_do(RETURN, REFUSE)]) for number in refused),
            *(_on(EQUAL, number, [_do(RETURN, ALLOW)]) for number in ALLOWED_NEW),
            # Above all numbers of the machine itself are those of x32.
            _on(AT_LEAST, FIRST_NEW, [_do(RETURN, UNKNOWN)]),
            # Threads, but no processes.
            _on(EQUAL, CLONE[column], _if_argument(ANY_BIT, CLONE_THREAD)),
            # Signals to itself.
            _on(EQUAL, KILL[column], _if_argument(EQUAL, pid)),
            _on(EQUAL, TGKILL[column], _if_argument(EQUAL, pid)),
            # Its own limits.
            _on(EQUAL, PRLIMIT[column], _if_argument(EQUAL, 0)),
            # Everything but: to live on when the worker dies.
            _on(EQUAL, PRCTL[column], _unless_argument(EQUAL, PR_SET_PDEATHSIG)),
            [_do(RETURN, ALLOW)],
        )
    )


def _on(test: int, number: int, then: list[bytes]) -> list[bytes]:
    return [_do(test, number, no=len(then)), *then]


def _if_argument(test: int, value: int) -> list[bytes]:
    first = _do(LOAD, FIRST_ARGUMENT_AT)
    return [first, _do(test, value, no=1), _do(RETURN, ALLOW), _do(RETURN, REFUSE)]


def _unless_argument(test: int, value: int) -> list[bytes]:
    first = _do(LOAD, FIRST_ARGUMENT_AT)
    return [first, _do(test, value, no=1), _do(RETURN, REFUSE), _do(RETURN, ALLOW)]


def _do(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """One instruction of the kernel's filter machine: how many to skip after a test."""
    return struct.pack("=HBBI", code, yes, no, value)
