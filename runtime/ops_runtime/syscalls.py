"""Two system calls that Python does not offer: ``openat2`` of Linux, and a rename that never overwrites."""

import ctypes
import errno
import os
import sys

_RESOLVE = 0x08 | 0x04 | 0x02 | 0x01  # BENEATH, NO_SYMLINKS, NO_MAGICLINKS, NO_XDEV
_OPENAT2 = 437  # the same number on every architecture
_AGAIN_MAX = 64

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def openat2(folder: int, path: bytes, flags: int) -> int:
    """Open ``path`` strictly beneath ``folder``, through no link and onto no other mount.

    OSError as of ``os.open``: ELOOP for a link, EXDEV for another mount, ENOSYS or EPERM where the kernel has no
    such call.
    """
    if b"\0" in path:
        raise ValueError("embedded null byte")
    how = _OpenHow(flags | os.O_CLOEXEC, 0, _RESOLVE)
    for _ in range(_AGAIN_MAX):  # EAGAIN: a rename elsewhere raced with the walk
        found = _libc.syscall(
            ctypes.c_long(_OPENAT2), ctypes.c_int(folder), path, ctypes.byref(how), ctypes.c_size_t(ctypes.sizeof(how))
        )
        if found >= 0:
            return int(found)
        if ctypes.get_errno() not in {errno.EAGAIN, errno.EINTR}:
            break
    code = ctypes.get_errno()
    raise OSError(code, os.strerror(code), path)


def openat2_exists() -> bool:
    """Say whether this kernel, and what filters its calls, has ``openat2``."""
    if sys.platform != "linux":
        return False
    folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.close(openat2(folder, b".", os.O_PATH))
    except OSError:
        return False
    finally:
        os.close(folder)
    return True


def rename_noreplace(source: int, name: bytes, target: int, new: bytes) -> None:
    """Rename within two open folders; FileExistsError when something is there already, never an overwrite."""
    if b"\0" in name + new:
        raise ValueError("embedded null byte")
    if sys.platform == "darwin":
        call, flag = _libc.renameatx_np, 0x4  # RENAME_EXCL
    else:
        call, flag = _libc.renameat2, 0x1  # RENAME_NOREPLACE
    if call(ctypes.c_int(source), name, ctypes.c_int(target), new, ctypes.c_uint(flag)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
