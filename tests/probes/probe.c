// SPDX-License-Identifier: GPL-3.0-or-later
/* probe: runs the cases, prints TAP, keeps the score
 *
 * Lines go out by one write(2) each, so that threads and children do not mix
 * them.  A case that hangs is ended by SIGALRM, with the whole program: the
 * runner starts it again behind that case (PROBE_FROM).
 */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "probe.h"

#define CASE_SECONDS 60 /* unless PROBE_CASE_SECONDS says so */

enum jump { JUMP_NONE, JUMP_FAILED, JUMP_SKIPPED };

static atomic_bool failed; /* the case that runs now */
static const char *skip_reason;
static jmp_buf case_end;
static pthread_t main_thread;
static bool in_child;
static unsigned case_seconds = CASE_SECONDS;
static size_t current; /* from 1 */
static const char *current_name;

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(line))
		n = sizeof(line) - 1;
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(3);
}

static void fail(const char *file, int line, const char *what, const char *fmt,
		 va_list ap) __attribute__((format(printf, 4, 0)));
static void fail(const char *file, int line, const char *what, const char *fmt,
		 va_list ap)
{
	const char *base = strrchr(file, '/');
	int err = errno;
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	say("# %s:%d: %s:%s (errno %d, %s)\n", base ? base + 1 : file, line,
	    what, text, err, strerrorname_np(err) ?: "-");
	atomic_store(&failed, true);
	errno = err;
}

/**
 * probe_check() - CHECK(): the case fails unless @good
 */
void probe_check(bool good, const char *file, int line, const char *what,
		 const char *fmt, ...)
{
	va_list ap;

	if (good)
		return;
	va_start(ap, fmt);
	fail(file, line, what, fmt, ap);
	va_end(ap);
}

/* The end of a case before its time: in a thread, of the thread; in a child,
 * of the child. */
static void end_case(enum jump how)
{
	if (in_child)
		_exit(how == JUMP_FAILED);
	if (!pthread_equal(pthread_self(), main_thread))
		pthread_exit(NULL);
	longjmp(case_end, how);
}

/**
 * probe_need() - NEED(): the case fails and is over
 */
void probe_need(const char *file, int line, const char *what, const char *fmt,
		...)
{
	va_list ap;

	va_start(ap, fmt);
	fail(file, line, what, fmt, ap);
	va_end(ap);
	end_case(JUMP_FAILED);
	abort();
}

/**
 * probe_int() - CHECK_INT(): the case fails unless @got is @want
 */
void probe_int(long got, long want, const char *file, int line,
	       const char *what)
{
	probe_check(got == want, file, line, what, " is %ld, expected %ld", got,
		    want);
}

/**
 * probe_ok() - OK(): @got is no failure, errno is as OK() set it
 */
void probe_ok(long got, const char *file, int line, const char *what)
{
	if (got < 0)
		probe_need(file, line, what, " returned %ld", got);
	probe_check(errno == PROBE_ERRNO, file, line, what,
		    " succeeded but set errno");
}

/**
 * probe_fails() - FAILS(): @got is -1, errno is @want
 */
bool probe_fails(long got, int want, const char *file, int line,
		 const char *what)
{
	bool good = got == -1 && errno == want;

	probe_check(good, file, line, what, " returned %ld, expected -1 and %s",
		    got, strerrorname_np(want));
	return good;
}

/**
 * probe_skip() - The rest of the case does not count, and says @why
 */
void probe_skip(const char *why)
{
	skip_reason = why;
	end_case(JUMP_SKIPPED);
	abort();
}

/**
 * probe_failed() - Has the case that runs failed so far?
 */
bool probe_failed(void)
{
	return atomic_load(&failed);
}

/**
 * probe_child() - Run @fn in a forked child; what fails there fails here
 */
void probe_child(void (*fn)(void))
{
	pid_t pid = fork();

	NEED(pid >= 0);
	if (!pid) {
		in_child = true;
		main_thread = pthread_self();
		alarm(case_seconds / 2);
		fn();
		_exit(probe_failed());
	}
	probe_reap(pid, (int)case_seconds * 1000);
}

/**
 * probe_reap() - Wait for a child; the case fails unless it exits with 0
 * @ms:		how long it may take before it is killed
 */
void probe_reap(pid_t pid, int ms)
{
	long end = now_ms() + ms;
	int status = 0;
	pid_t r;

	while ((r = waitpid(pid, &status, WNOHANG)) == 0 && now_ms() < end)
		nap(1);
	if (!r) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		CHECK(false, "child hung for %d ms", ms);
		return;
	}
	CHECK(r == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0,
	      "child's wait status 0x%x", status);
}

/**
 * open_fds() - How many descriptors this process has
 */
int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = -3; /* ".", "..", the directory itself */

	NEED(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void hung(int sig)
{
	(void)sig;
	if (in_child) {
		say("# a child hung\n");
		_exit(1);
	}
	say("not ok %zu - %s\n# it hung: no end after %u s\n", current,
	    current_name, case_seconds);
	_exit(1);
}

/* Threads that libc has made for itself may still be closing theirs. */
static int settled_fds(int want)
{
	long end = now_ms() + 1000;
	int n;

	while ((n = open_fds()) != want && now_ms() < end)
		nap(10);
	return n;
}

static bool run_case(const struct probe_case *c)
{
	int before = open_fds();
	enum jump jump;

	atomic_store(&failed, false);
	alarm(case_seconds);
	jump = (enum jump)setjmp(case_end);
	if (jump == JUMP_NONE)
		c->run();
	alarm(0);
	if (!probe_failed() && jump != JUMP_SKIPPED &&
	    settled_fds(before) != before)
		CHECK(false, "descriptors: %d before the case, %d after",
		      before, open_fds());
	if (probe_failed())
		say("not ok %zu - %s\n", current, c->name);
	else if (jump == JUMP_SKIPPED)
		say("ok %zu - %s # SKIP %s\n", current, c->name, skip_reason);
	else
		say("ok %zu - %s\n", current, c->name);
	return !probe_failed();
}

/**
 * probe_run() - PROBE_MAIN(): all cases, from number PROBE_FROM (from 1)
 *
 * Return: exit status
 */
int probe_run(int argc, char **argv, const struct probe_case *cases, size_t n)
{
	const char *from = getenv("PROBE_FROM");
	const char *seconds = getenv("PROBE_CASE_SECONDS");
	bool good = true;

	(void)argc;
	(void)argv;
	if (seconds)
		case_seconds = (unsigned)atoi(seconds);
	main_thread = pthread_self();
	signal(SIGALRM, hung);
	signal(SIGPIPE, SIG_IGN);
	if (!from)
		say("1..%zu\n", n);
	for (current = from ? (size_t)atoi(from) : 1; current <= n; current++) {
		current_name = cases[current - 1].name;
		say("# running %zu - %s\n", current, current_name);
		good = run_case(&cases[current - 1]) && good;
	}
	return good ? 0 : 1;
}
