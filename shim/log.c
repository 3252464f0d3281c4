// SPDX-License-Identifier: GPL-3.0-or-later
/* log: bounded lines to standard error or a file
 *
 * We write in other people's processes.  A daemon closes descriptor 2 and the
 * next socket gets its number: so a line goes to 2 only while that is still
 * the file it was when the process started.  A broken pipe must not end the
 * program: SIGPIPE is held back while we write.
 */

#include <stdatomic.h>

#include "log.h"
#include "sys.h"

static _Atomic(enum conf_log) threshold = CONF_LOG_ERROR;
static const char *log_path; /* NULL: standard error */
static dev_t stderr_dev;
static ino_t stderr_ino;
static bool stderr_known;

/**
 * log_init() - Remember which file standard error is
 *
 * Once, from the constructor.
 */
void log_init(void)
{
	struct stat st;

	stderr_known = sys_fstat(2, &st) == 0;
	if (stderr_known) {
		stderr_dev = st.st_dev;
		stderr_ino = st.st_ino;
	}
}

/**
 * log_set() - Choose what is logged and where
 * @level:	lines above it are dropped
 * @file:	absolute path, borrowed for good; NULL for standard error.
 *		Opened for each line, appended to: we keep no descriptor.
 */
void log_set(enum conf_log level, const char *file)
{
	log_path = file;
	atomic_store_explicit(&threshold, level, memory_order_relaxed);
}

/**
 * log_wants() - Would a line of @level be written?
 */
bool log_wants(enum conf_log level)
{
	return level <= atomic_load_explicit(&threshold, memory_order_relaxed);
}

/**
 * log_begin() - Start a line; add to l->text, then log_end()
 */
void log_begin(struct log_line *l)
{
	/* room for the newline that log_end() adds */
	l->text = text_init(l->buf, sizeof(l->buf) - 1);
	text_str(&l->text, "vsockwrap: ");
}

static int log_open(void)
{
	struct stat st;

	if (log_path)
		return sys_openat(AT_FDCWD, log_path,
				  O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
					  O_NOCTTY | O_NONBLOCK,
				  0600);
	if (!stderr_known || sys_fstat(2, &st) < 0 || st.st_dev != stderr_dev ||
	    st.st_ino != stderr_ino)
		return -EBADF;
	return 2;
}

/* write(2) without its SIGPIPE: held back, and taken away if it was ours */
static void write_quietly(int fd, const char *buf, size_t len)
{
	const uint64_t sigpipe = UINT64_C(1) << (SIGPIPE - 1);
	struct timespec zero = { 0, 0 };
	uint64_t mask, pending = 0;
	ssize_t n;

	/* a pipe that nobody reads must not stop the program: a line less than
	 * PIPE_BUF fits where there is room at all (pipe(7)) */
	if (!(sys_poll_now(fd, POLLOUT) & POLLOUT))
		return;
	sys_sigmask(SIG_BLOCK, &sigpipe, &mask);
	sys_call(SYS_rt_sigpending, SYS_P(&pending), SYS_SIGSET_SIZE, 0, 0, 0,
		 0);
	do
		n = sys_write(fd, buf, len);
	while (n == -EINTR);
	if (n == -EPIPE && !(pending & sigpipe))
		sys_call(SYS_rt_sigtimedwait, SYS_P(&sigpipe), 0, SYS_P(&zero),
			 SYS_SIGSET_SIZE, 0, 0);
	sys_sigmask(SIG_SETMASK, &mask, NULL);
}

/**
 * log_end() - Write the line
 *
 * Async-signal-safe, leaves errno alone.  A line that cannot be written is
 * lost: the program must go on.
 */
void log_end(struct log_line *l)
{
	int fd = log_open();

	if (fd < 0)
		return;
	l->buf[l->text.len++] = '\n';
	write_quietly(fd, l->buf, l->text.len);
	if (log_path) /* which may have got number 2 */
		sys_close(fd);
}

/* The errors that a connection can meet; strerror() is not for handlers. */
static const struct {
	int err;
	const char *text;
} errors[] = {
	{ ECONNREFUSED, "connection refused" },
	{ ECONNRESET, "connection reset" },
	{ ETIMEDOUT, "timed out" },
	{ ENETUNREACH, "network is unreachable" },
	{ EHOSTUNREACH, "no route to host" },
	{ ENODEV, "no vsock device for this CID" },
	{ EAFNOSUPPORT, "this kernel has no AF_VSOCK" },
	{ EACCES, "permission denied" },
	{ EPERM, "operation not permitted" },
	{ ENOENT, "no such file" },
	{ EMFILE, "too many open files in this process" },
	{ ENFILE, "too many open files in the system" },
	{ ENOMEM, "out of memory" },
	{ ENOSYS, "its epoll registrations cannot be read without /proc" },
	{ ENOBUFS, "no buffer space" },
	{ EAGAIN, "the listener's queue is full" },
};

/**
 * log_errno() - Add the text of an error number
 */
void log_errno(struct log_line *l, int err)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].err == err) {
			text_str(&l->text, errors[i].text);
			return;
		}
	}
	text_str(&l->text, "error ");
	text_uint(&l->text, (unsigned)err);
}
