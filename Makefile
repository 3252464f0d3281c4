# SPDX-License-Identifier: GPL-3.0-or-later
# vsockwrap: see README.md; `make V=1` shows the commands.

VERSION := 0.1.0

CC         ?= cc
INSTALL    ?= install
PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib/vsockwrap
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
DESTDIR    ?=
B          ?= build

Q := $(if $(V),,@)
say = $(if $(V),:,printf '  %-7s %s\n' '$(1)' '$(2)')

# A flag that this compiler (and its linker) takes, or nothing.
probe = $(shell printf 'int main(void){return 0;}' | \
	$(CC) -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wformat=2 -Wvla -Wpointer-arith -Wundef
HARDEN_CFLAGS := $(foreach f,-fstack-protector-strong \
	-fstack-clash-protection -fcf-protection,$(call probe,$(f)))
# A sanitizer's symbols are in the program, not in the library.
SANITIZED := $(filter -fsanitize%,$(OPT))
LINK_HARDEN := -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack \
	$(if $(SANITIZED),$(SANITIZED),-Wl,-z,defs)

# The user's CFLAGS and LDFLAGS come last, so that they win.
OPT      ?= -O2 -g
BASE     := -std=gnu11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-DLIBDIR='"$(LIBDIR)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
	-MMD -MP $(WARN) $(HARDEN_CFLAGS) $(OPT)
LIB_CFLAGS := $(BASE) -fPIC -fvisibility=hidden -fno-plt
EXE_CFLAGS := $(BASE) -fPIE

# Pure modules: no system calls, no globals; also linked by the launcher.
PURE := addr awsname conf conf_dest conf_name conf_setting conf_target \
	conf_word nameaddr route text
# With system calls, but linked by the launcher as well.
SHARED := conf_load
LIB_ONLY := $(filter-out $(PURE) launch%,$(basename $(notdir $(wildcard shim/*.c))))
LAUNCH := $(basename $(notdir $(wildcard shim/launch*.c)))

LIB_OBJ    := $(PURE:%=$B/lib/%.o) $(LIB_ONLY:%=$B/lib/%.o)
LAUNCH_OBJ := $(LAUNCH:%=$B/exe/%.o) $(PURE:%=$B/exe/%.o) $(SHARED:%=$B/exe/%.o)

all: $B/vsockwrap $B/libvsockwrap.so

$B/lib/%.o: shim/%.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) $(LIB_CFLAGS) $(CFLAGS) -c -o $@ $<

$B/exe/%.o: shim/%.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) $(EXE_CFLAGS) $(CFLAGS) -c -o $@ $<

# Only the names of exports.list leave the library.
$B/exports.map: shim/exports.list Makefile
	@mkdir -p $(@D)
	$Q{ echo '{ global:'; sed -n 's/^\([a-z_][a-z0-9_]*\).*/\1;/p' $<; \
	    echo 'local: *; };'; } > $@

$B/libvsockwrap.so: $(LIB_OBJ) $B/exports.map
	@$(call say,LD,$@)
	$Q$(CC) -shared -Wl,-soname,libvsockwrap.so $(LINK_HARDEN) \
		-Wl,--version-script=$B/exports.map -o $@ $(LIB_OBJ) \
		-lpthread $(LDFLAGS)

$B/vsockwrap: $(LAUNCH_OBJ)
	@$(call say,LD,$@)
	$Q$(CC) -pie $(LINK_HARDEN) -o $@ $(LAUNCH_OBJ) $(LDFLAGS)

-include $(LIB_OBJ:.o=.d) $(LAUNCH_OBJ:.o=.d)

# Unit tests: one program for each module, with what it needs of the library;
# the hooks stay outside, or they would hook the test.  With sanitizers:
# make check-unit B=build/asan OPT='-O1 -g -fsanitize=address,undefined \
#	-fno-sanitize-recover'
UNIT := $(patsubst tests/%.c,$B/%,$(wildcard tests/unit/test_*.c))

$(UNIT:=.o): $B/unit/%.o: tests/unit/%.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) -Ishim $(EXE_CFLAGS) $(CFLAGS) -c -o $@ $<

CORE_OBJ := $(filter-out $B/lib/interpose_%,$(LIB_OBJ))

$B/libcore.a: $(CORE_OBJ)
	@$(call say,AR,$@)
	$Qrm -f $@ && $(AR) rcs $@ $^

$(UNIT): %: %.o $B/libcore.a
	@$(call say,LD,$@)
	$Q$(CC) -pie $(OPT) -o $@ $^ -lcmocka -lpthread $(LDFLAGS)

check-unit: $(UNIT)
	@bad=; for t in $(UNIT); do \
		echo "$${t##*/}:"; $$t || bad="$$bad $${t##*/}"; done; \
		[ -z "$$bad" ] || { echo "failed:$$bad" >&2; exit 1; }

-include $(UNIT:=.d)

# Fuzzing: `make fuzz FUZZ_SECONDS=600`; each target of tests/fuzz/ for so long.
FUZZ_SECONDS ?= 60
FUZZ := $(patsubst tests/fuzz/%.c,$B/bin/%,$(wildcard tests/fuzz/fuzz_*.c))

$(FUZZ:=.o): $B/bin/%.o: tests/fuzz/%.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) -Ishim $(EXE_CFLAGS) $(CFLAGS) -c -o $@ $<

$(FUZZ): %: %.o $B/libcore.a
	@$(call say,LD,$@)
	$Q$(CC) -pie $(OPT) -fsanitize=fuzzer -o $@ $^ -lpthread $(LDFLAGS)

fuzz-targets: $(FUZZ)

FUZZ_SAN := address,undefined,fuzzer-no-link
fuzz:
	$Q$(MAKE) B=build/fuzz CC=clang OPT='$(call SAN_OPT,$(FUZZ_SAN))' \
		fuzz-targets
	$Qtests/fuzz/run $(FUZZ_SECONDS) $(FUZZ:$B/%=build/fuzz/%)

-include $(FUZZ:=.d)

# Probes: programs that know nothing of the shim, built as plain as programs
# are; tests/probes/run runs them.
PROBE_CFLAGS := -std=gnu11 -D_GNU_SOURCE -MMD -MP $(WARN) -O1 -g \
	$(filter -fsanitize%,$(OPT))
PROBES := $(patsubst tests/probes/%.c,$B/probes/%, \
	$(wildcard tests/probes/probe_*.c))
PROBE_LIBS := $(patsubst tests/probes/%.c,$B/probes/%.so, \
	$(wildcard tests/probes/lib_*.c))
PROBE_OBJ := $(addprefix $B/probes/,probe.o net.o differ.o)
SERVER_OBJ := $(addprefix $B/probes/,server.o services.o)

probes: $(PROBES) $(PROBE_LIBS) $B/probes/server

$B/probes/%.o: tests/probes/%.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(PROBE_CFLAGS) -fPIC -c -o $@ $<

$B/probes/server: $(SERVER_OBJ)
	@$(call say,LD,$@)
	$Q$(CC) $(filter -fsanitize%,$(OPT)) -o $@ $(SERVER_OBJ) -lpthread

$(PROBES): $B/probes/probe_%: $B/probes/probe_%.o $(PROBE_OBJ)
	@$(call say,LD,$@)
	$Q$(CC) $(filter -fsanitize%,$(OPT)) -o $@ $^ -lpthread $(PROBE_LDFLAGS)

$B/probes/probe_ctor: $B/probes/lib_ctor.so
$B/probes/probe_ctor: PROBE_LDFLAGS := -Wl,-rpath,'$$ORIGIN'

# lib_x.c says how it is to be linked, where that matters, in a line "LDFLAGS:".
$B/probes/lib_%.so: $B/probes/lib_%.o
	@$(call say,LD,$@)
	$Q$(CC) -shared -o $@ $< \
		$$(sed -n 's/.*LDFLAGS: //p' tests/probes/lib_$*.c)

.SECONDARY: $(PROBES:%=%.o) $(PROBE_LIBS:.so=.o) $(PROBE_OBJ) $(SERVER_OBJ)
-include $(wildcard $B/probes/*.d)

# The switch of the two-kernel lab, tests/vm/README.md
VM := $(patsubst tests/vm/%.c,$B/vm/%.o,$(wildcard tests/vm/*.c))

$B/vm/%.o: tests/vm/%.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) $(EXE_CFLAGS) $(CFLAGS) -c -o $@ $<

$B/vm/vsockswitch: $(VM)
	@$(call say,LD,$@)
	$Q$(CC) -pie $(LINK_HARDEN) -o $@ $^ $(LDFLAGS)

-include $(VM:.o=.d)

# What the library adds to calls that are not its business
$B/bench/hooks: tests/bench/hooks.c Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$Q$(CC) $(CPPFLAGS) $(EXE_CFLAGS) $(CFLAGS) -pie -o $@ $< $(LDFLAGS)

# What the library costs
bench: bench-hooks

bench-hooks: all $B/bench/hooks
	$Qtests/bench/run-hooks --build $B

bench-hooks-check: all $B/bench/hooks
	$Qtests/bench/run-hooks --build $B --check

check-exports: $B/libvsockwrap.so
	$Qscripts/check-exports $<
	$Qscripts/check-layers

# Under a minute: unit tests and probes, bare and over unix sockets; no guests, no network.
check: check-exports check-unit probes
	$Qtests/probes/run --build $B --form tcp,unix

check-probes: all probes
	$Qtests/probes/run --build $B

check-lab: $B/vm/vsockswitch
	$Qtests/vm/selftest_switch $<
	$Qtests/vm/selftest

check-probes-vsock: all probes $B/vm/vsockswitch
	$Qtests/probes/run --build $B --form vsock-7.2,vsock-6.1

lint:
	$Qscripts/lint

SAN_OPT = -O1 -g -fno-omit-frame-pointer -fsanitize=$(1) \
	-fno-sanitize-recover=all
ASAN = B=build/asan OPT='$(call SAN_OPT,address$(comma)undefined)'
TSAN = B=build/tsan OPT='$(call SAN_OPT,thread)'
comma := ,

# By clang: gcc 12's runtime trips over its own sigaltstack() when a thread is
# cancelled, which test_dial_wait does.
check-unit-asan:
	$Q$(MAKE) B=build/asan-clang CC=clang \
		OPT='$(call SAN_OPT,address$(comma)undefined)' check-unit

asan:
	$Q$(MAKE) $(ASAN) all probes
	$Qtests/probes/run --build build/asan --form unix --sanitizer address

tsan:
	$Q$(MAKE) $(TSAN) all probes
	$Qtests/probes/run --build build/tsan --form unix --sanitizer thread

install: all
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR) \
		$(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5
	$(INSTALL) -m 755 $B/vsockwrap $(DESTDIR)$(BINDIR)/
	$(INSTALL) -m 755 $B/libvsockwrap.so $(DESTDIR)$(LIBDIR)/
	$(INSTALL) -m 644 shim/vsockwrap.1 $(DESTDIR)$(MANDIR)/man1/
	$(INSTALL) -m 644 shim/vsockwrap.conf.5 $(DESTDIR)$(MANDIR)/man5/

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/vsockwrap \
		$(DESTDIR)$(MANDIR)/man1/vsockwrap.1 \
		$(DESTDIR)$(MANDIR)/man5/vsockwrap.conf.5
	rm -rf $(DESTDIR)$(LIBDIR)

# The kernels and virtual environments in build/ take minutes to fetch: stay.
clean:
	rm -rf $B/lib $B/exe $B/unit $B/probes $B/bench $B/asan* $B/tsan \
		$B/fuzz $B/libcore.a $B/vm/*.o $B/vm/*.d $B/vm/vsockswitch \
		$B/exports.map \
		$B/vsockwrap $B/libvsockwrap.so

.PHONY: all probes check check-unit check-unit-asan check-probes \
	check-probes-vsock check-lab check-exports lint asan tsan fuzz fuzz-targets \
	bench bench-hooks bench-hooks-check install uninstall clean
