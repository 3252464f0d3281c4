// SPDX-License-Identifier: GPL-3.0-or-later
/* launch: the vsockwrap command, see vsockwrap(1)
 *
 * Reads the configuration so that a mistake stops the start, says what cannot
 * work, puts the library into LD_PRELOAD, and becomes the program by exec: the
 * process, its signals, descriptors and exit status are the program's own.
 */

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "launch.h"

__attribute__((format(printf, 1, 0))) static void say(const char *fmt,
						      va_list ap)
{
	fputs("vsockwrap: ", stderr);
	/* NOLINTNEXTLINE: va_start() is in both callers */
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

/**
 * launch_die() - Say why, and exit
 */
_Noreturn void launch_die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	exit(status);
}

/**
 * launch_warn() - One line on standard error
 */
void launch_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

/**
 * launch_format() - sprintf(3) into new memory, or exit
 *
 * Return: the string, the caller's
 */
char *launch_format(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		launch_die(LAUNCH_FAILED, "out of memory");
	return s;
}

/* As it looks on the screen. */
/* clang-format off */
static const char help[] =
"usage: vsockwrap [-c FILE] [-r RULE]... [-v] [--force] [--] CMD [ARG]...\n"
"       vsockwrap [-c FILE] [-r RULE]... --explain HOST[:PORT]...\n"
"\n"
"Runs CMD with its TCP connections to AWS endpoints going over AF_VSOCK.\n"
"\n"
"  -c, --config FILE  read FILE instead of " SYSCONFDIR "/vsockwrap.conf\n"
"  -r, --rule RULE    a line of that file; comes before the file, e.g.\n"
"                     -r 'route kms.*.amazonaws.com:443 vsock:3:8000'\n"
"  -v, --verbose      log each routed connection; -vv: more\n"
"      --force        start CMD although it cannot be wrapped\n"
"      --explain      print what the rules say of HOST (port 443), run\n"
"                     nothing; exits 0: routed, 1: left alone, 2: denied\n"
"      --help, --version\n"
"\n"
"Without any rule: route @aws:443 vsock:3:8000.  See vsockwrap(1) and\n"
"vsockwrap.conf(5).\n";
/* clang-format on */

enum { OPT_FORCE = 256, OPT_EXPLAIN, OPT_VERSION, OPT_HELP };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "rule", required_argument, NULL, 'r' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "explain", no_argument, NULL, OPT_EXPLAIN },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* What the user asked for went to standard output; a full disk must not look
 * like success. */
static _Noreturn void finish_output(int status)
{
	if (fflush(stdout) || ferror(stdout))
		launch_die(LAUNCH_FAILED, "cannot write: %s", strerror(errno));
	exit(status);
}

static _Noreturn void print(const char *s)
{
	fputs(s, stdout);
	finish_output(0);
}

/* Sets optind to CMD or to the first HOST. */
static void read_options(struct launch_options *o, bool *explain, int argc,
			 char **argv)
{
	int opt;

	/* '+': what follows CMD is CMD's, whatever it looks like */
	while ((opt = getopt_long(argc, argv, "+c:r:v", long_options, NULL)) !=
	       -1) {
		switch (opt) {
		case 'c':
			o->config = optarg;
			break;
		case 'r':
			o->rules[o->nrules++] = optarg;
			break;
		case 'v':
			o->verbose++;
			break;
		case OPT_FORCE:
			o->force = true;
			break;
		case OPT_EXPLAIN:
			*explain = true;
			break;
		case OPT_VERSION:
			print("vsockwrap " VERSION "\n");
		case OPT_HELP:
			print(help);
		default: /* getopt has said what is wrong */
			launch_die(LAUNCH_FAILED, "try 'vsockwrap --help'");
		}
	}
}

/* As execvp(3): what the kernel does not know is a script for sh. */
static _Noreturn void exec_script(char *path, char **argv, int argc)
{
	char **sh = calloc((size_t)argc + 2, sizeof(*sh));

	if (!sh)
		launch_die(LAUNCH_FAILED, "out of memory");
	sh[0] = "/bin/sh";
	sh[1] = path;
	for (int i = 1; i < argc; i++)
		sh[i + 1] = argv[i];
	execv(sh[0], sh);
	launch_die(LAUNCH_NOT_EXEC, "%s: %s", sh[0], strerror(errno));
}

static _Noreturn void run(const struct launch_options *o, const struct conf *c,
			  char **argv, int argc)
{
	struct launch_chain chain;
	bool good = true;
	char *path, *library;
	int err;

	path = launch_find(argv[0], &err);
	if (!path)
		launch_die(err == ENOENT ? LAUNCH_NOT_FOUND : LAUNCH_NOT_EXEC,
			   "%s: %s", argv[0], strerror(err));
	library = launch_preload_library();
	launch_find_chain(path, &chain);
	for (size_t i = 0; i < chain.n && good; i++)
		good = launch_diagnose_program(chain.path[i], o->force);
	if (!good)
		exit(LAUNCH_FAILED);
	launch_diagnose_proxy(c);

	launch_conf_export(o);
	launch_preload_set(library);
	execv(path, argv);
	if (errno == ENOEXEC)
		exec_script(path, argv, argc);
	if (errno == ENOENT)
		launch_die(LAUNCH_NOT_FOUND,
			   "%s: its interpreter or loader does not exist",
			   path);
	launch_die(LAUNCH_NOT_EXEC, "%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct launch_options o = { 0 };
	bool explain = false;
	struct conf c;

	/* A set-uid launcher would hand its caller's LD_PRELOAD and rules to
	 * a program with somebody else's rights. */
	if (getauxval(AT_SECURE))
		launch_die(LAUNCH_FAILED,
			   "refusing to run set-uid, set-gid or with file "
			   "capabilities: take them off this executable");

	o.rules = calloc((size_t)argc + 1, sizeof(*o.rules));
	if (!o.rules)
		launch_die(LAUNCH_FAILED, "out of memory");
	read_options(&o, &explain, argc, argv);
	argv += optind;
	argc -= optind;
	if (!argc)
		launch_die(LAUNCH_FAILED, "no %s given; try 'vsockwrap --help'",
			   explain ? "HOST" : "command");

	launch_conf_read(&c, &o);
	if (explain)
		finish_output(launch_explain(&c, argv));
	run(&o, &c, argv, argc);
}
