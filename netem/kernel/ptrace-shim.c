/* Preloaded into Debian 12's linux.uml (Linux 6.1), which runs on x86_64 by ptrace.

   It saves and restores a guest process's extended registers in a buffer of fixed size. Processors with AMX have a
   larger area, and the host then refuses PTRACE_SETREGSET (EFAULT). So what the kernel hands over is laid over the
   process's present area and written in the size that the host wants. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define X86_XSTATE 0x202 /* NT_X86_XSTATE */
#define HEADER 512       /* offset of XSTATE_BV, the components that the area holds */
#define KEPT 0x2ff       /* x87, SSE, AVX, MPX, AVX-512, PKRU: what fits into the kernel's buffer */

static char area[65536] __attribute__((aligned(64)));

static long set_extended(long pid, const struct iovec *wanted) {
  struct iovec present = {area, sizeof area};
  if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, X86_XSTATE, &present) < 0) return -1;
  memcpy(area, wanted->iov_base, wanted->iov_len < present.iov_len ? wanted->iov_len : present.iov_len);
  if (present.iov_len > wanted->iov_len) *(uint64_t *)(area + HEADER) &= KEPT;
  return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, X86_XSTATE, &present);
}

long ptrace(enum __ptrace_request request, ...) {
  va_list rest;
  va_start(rest, request);
  long pid = va_arg(rest, int);
  void *address = va_arg(rest, void *);
  void *data = va_arg(rest, void *);
  va_end(rest);
  if (request == PTRACE_SETREGSET && (long)address == X86_XSTATE) return set_extended(pid, data);
  if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
    /* The library's form returns the word, the system call stores it. */
    long word;
    if (syscall(SYS_ptrace, request, pid, address, &word) < 0) return -1;
    errno = 0;
    return word;
  }
  return syscall(SYS_ptrace, request, pid, address, data);
}
