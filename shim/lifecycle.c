// SPDX-License-Identifier: GPL-3.0-or-later
/* lifecycle: constructor, and whose memory this is
 *
 * Two kinds of child can run our code, and they must be told apart:
 *
 *   fork(), _Fork(), clone(2)	own memory, with a copy of the tables
 *   vfork(), posix_spawn()	the parent's memory: must change nothing in it
 *
 * Neither libc nor the kernel calls anybody in all of them (glibc runs
 * pthread_atfork() handlers for fork() only), but the first kind finds a page
 * wiped that was marked MADV_WIPEONFORK.
 */

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "conf_load.h"
#include "env.h"
#include "fdtab.h"
#include "lifecycle.h"
#include "lock.h"
#include "log.h"
#include "real.h"
#include "sys.h"

#define WIPED_SIZE 4096

struct shim shim = {
	.filter = {
		.v4 = { [0 ... 255] = true },
		.v6 = true,
	},
};

static _Atomic pid_t owner; /* the process that these tables describe */
static _Atomic char *wiped; /* 1; 0 in a child that has its own copy */

static struct nameaddr *new_names(void)
{
	void *mem = sys_mmap_anon(nameaddr_size());

	return mem ? nameaddr_init(mem, shim.conf.nrules, sys_mmap_anon) : NULL;
}

/* This process has memory of its own, and its tables are a copy.  Where that
 * may have been taken in the middle of a change, they are set up anew:
 * connections go on, but answer as the AF_VSOCK sockets that they are, and
 * placeholders that the parent resolved lead by their rule's number. */
static void adopt_copy(void)
{
	if (!lock_is_for_fork() && lock_reset()) {
		fdtab_forget_all();
		shim.names = new_names();
	}
	atomic_store_explicit(&owner, sys_getpid(), memory_order_release);
}

/**
 * lifecycle_own() - May this process change the tables?
 *
 * False in a child of vfork(), which shares its parent's memory: it must then
 * do what libc would and remember nothing.  One getpid(2), so ask only about
 * descriptors that may be ours.
 */
bool lifecycle_own(void)
{
	/* first: in a namespace of its own a child may have the same pid */
	if (wiped && !atomic_load_explicit(wiped, memory_order_relaxed) &&
	    !atomic_exchange(wiped, 1))
		adopt_copy();
	return sys_getpid() ==
	       atomic_load_explicit(&owner, memory_order_acquire);
}

static void fork_child(void)
{
	if (!lifecycle_own()) /* before Linux 4.14: no MADV_WIPEONFORK */
		adopt_copy();
	lock_after_fork();
}

static void complain(const struct conf_error *err)
{
	struct log_line l;

	log_begin(&l);
	text_str(&l.text, err->source);
	if (err->line) {
		text_char(&l.text, ':');
		text_uint(&l.text, err->line);
		text_char(&l.text, ':');
		text_uint(&l.text, err->column);
	}
	text_str(&l.text, ": ");
	text_str(&l.text, err->text);
	text_str(&l.text, "; every connection is denied");
	log_end(&l);
}

/* The environment is the program's to overwrite (setproctitle does): a copy */
static const char *copy_of(const char *path)
{
	static char copy[4096]; /* PATH_MAX */
	struct text t = text_init(copy, sizeof(copy));

	text_str(&t, path);
	return copy;
}

static void configure_log(void)
{
	static const char *const names[] = { "off", "error", "info", "debug" };
	const char *level = env_get("VSOCKWRAP_LOG");
	const char *file = env_get("VSOCKWRAP_LOG_FILE");
	enum conf_log log = shim.conf.log;

	for (unsigned i = 0; level && i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(level, names[i]))
			log = (enum conf_log)i;
	}
	log_set(log,
		file && file[0] == '/' ? copy_of(file) : shim.conf.log_file);
}

static void configure(void)
{
	struct conf_error err;
	bool good;

	good = conf_load(&shim.conf, env_get("VSOCKWRAP_ROUTES"),
			 env_get("VSOCKWRAP_CONFIG"), &err);
	if (!good)
		conf_deny_all(&shim.conf);
	configure_log();
	if (!good && log_wants(CONF_LOG_ERROR))
		complain(&err);
}

/* What connect() must look at: the rules' addresses, and our placeholders */
static struct route_prefilter filter_of(const struct conf *c)
{
	struct route_prefilter f;

	route_prefilter_init(&f, c);
	f.v4[198] = true;
	return f;
}

static void init_once(void)
{
	void *page;

	real_init();
	log_init();
	configure();
	page = sys_mmap_anon(WIPED_SIZE);
	if (page && sys_call(SYS_madvise, SYS_P(page), WIPED_SIZE,
			     MADV_WIPEONFORK, 0, 0, 0) == 0) {
		wiped = page;
		atomic_store(wiped, 1);
	}
	atomic_store(&owner, sys_getpid());
	shim.names = new_names();
	shim.filter = filter_of(&shim.conf);
	pthread_atfork(lock_before_fork, lock_after_fork, fork_child);
}

static _Atomic int init_state; /* 0, or 1 + id of the thread, or -1: done */
static _Atomic pid_t init_pid; /* the thread's process */

static bool init_by(int thread, int seen)
{
	if (!atomic_compare_exchange_strong(&init_state, &seen, thread))
		return false;
	atomic_store(&init_pid, sys_getpid());
	init_once();
	atomic_store(&init_state, -1);
	return true;
}

/* Is this a child of fork(), without the thread that was at it? */
static bool init_is_orphaned(void)
{
	pid_t pid = atomic_load(&init_pid);

	return pid && pid != sys_getpid();
}

/**
 * lifecycle_init() - Read the configuration, once
 *
 * By the constructor, or before it by the first hook that must know a route:
 * constructors of libraries that the program links may run before ours.
 * A second thread waits; a call from within (the loader's malloc) returns at
 * once and finds nothing routed yet.
 */
void lifecycle_init(void)
{
	int seen = atomic_load_explicit(&init_state, memory_order_acquire);
	int me;

	if (seen == -1)
		return;
	me = 1 + (int)sys_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
	if (!seen && init_by(me, seen))
		return;
	while ((seen = atomic_load(&init_state)) != -1 && seen != me) {
		if (init_is_orphaned() && init_by(me, seen))
			return;
		sched_yield();
	}
}

__attribute__((constructor)) static void constructor(void)
{
	int err = errno;

	lifecycle_init();
	errno = err;
}
