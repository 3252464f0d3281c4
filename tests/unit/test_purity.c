// SPDX-License-Identifier: GPL-3.0-or-later
/* The pure modules make no system call: they work in a process that the kernel
 * kills for any but read, write, exit and sigreturn (seccomp(2), strict). */

#include "conf_util.h"

#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "awsname.h"
#include "nameaddr.h"
#include "route.h"

static const char text[] = "log debug\nlog-file /x\nstrict\n"
			   "route **.example:443 unix:/s connect-timeout=1\n"
			   "pass 10.0.0.0/8\nroute @imds vsock:3:8002\n";

static char memory[64 * 1024];
static void *table;

/* Storage that is there already: mmap(2) would end us. */
static void *more(size_t size)
{
	static _Alignas(16) char chunk[32 * 1024];

	return size <= sizeof(chunk) ? chunk : NULL;
}

/* Uses every module; false where a result is wrong. */
static bool exercise(void)
{
	char name[NAMEADDR_NAME_MAX + 1], buf[ADDR_STRLEN];
	struct route_prefilter filter;
	struct addr a, v4, v6;
	struct conf_error err;
	struct nameaddr *na;
	const struct rule *r;
	struct conf c;
	size_t rule;

	conf_init(&c, memory, sizeof(memory));
	if (!conf_parse(&c, "a", text, sizeof(text) - 1, '\n', &err) ||
	    conf_parse(&c, "a", "pass 10.0.0.1/8", 15, ';', &err) ||
	    !conf_finish(&c, &err))
		return false;
	r = route_by_name(&c, "a.example", 9, 443);
	if (!r || !addr_parse("fd00:ec2::254", 13, &a) ||
	    !route_by_addr(&c, &a, 80) || !addr_format(&a, buf))
		return false;
	route_prefilter_init(&filter, &c);
	na = nameaddr_init(table, c.nrules, more);
	return nameaddr_intern(na, 0, "a.example", 9, &v4, &v6) &&
	       nameaddr_lookup(na, &v6, &rule, name) &&
	       route_by_number(&c, rule, 443) == r &&
	       awsname_match("kms.us-east-1.api.aws", 21);
}

/* Child: exit status 0 good, 1 wrong result, 2 no seccomp here. */
static void child(bool impure)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		_exit(2);
	if (impure)
		getppid();
	/* _exit() is exit_group, which is not allowed. */
	syscall(SYS_exit, exercise() ? 0 : 1);
}

static int run_child(bool impure)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		child(impure);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_available(int status)
{
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 2)
		return true;
	print_message("SKIP: this machine allows no seccomp strict mode\n");
	return false;
}

static void test_no_syscall(void **state)
{
	int status = run_child(false);

	(void)state;
	if (!is_available(status))
		skip();
	check(!WIFSIGNALED(status), "killed by signal %d: a system call",
	      WTERMSIG(status));
	check(WEXITSTATUS(status) == 0, "status %d", WEXITSTATUS(status));
}

/* The trap works: a system call would have been seen. */
static void test_trap(void **state)
{
	int status = run_child(true);

	(void)state;
	if (!is_available(status))
		skip();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_syscall),
		cmocka_unit_test(test_trap),
	};

	table = mmap(NULL, nameaddr_size(), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (table == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("purity", tests, NULL, NULL);
}
