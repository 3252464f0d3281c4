# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
#
# Functions for scripts that run in a guest; begin them with
#
#	. "$VM_LIB"
#
# Enclave:	wait_for_parent [SECONDS]	until the parent calls parent_ready
#		wait_for_vsock CID PORT [SECONDS]	until somebody listens
# Parent:	parent_ready			the enclave may begin
#		serve_until_stop PID...		until the enclave is done
# Both:		wait_for_tcp HOST PORT [SECONDS]
#
# The waiting functions return 1, with a line on stderr, after SECONDS
# (default 30), so that a script with `set -e` ends there.

# Nothing in here may run outside of a guest: it would use the vsock of the
# machine itself.
if [ -z "${VM_GUEST:-}" ] || ! [ -d /run/vm ]; then
	echo "guest-lib.sh: not in a guest of tests/vm/run" >&2
	exit 2
fi

# vm_wait SECONDS WHAT COMMAND...: until the command succeeds
vm_wait()
{
	vm_tries=$((${1} * 50))
	vm_what=$2
	shift 2
	until "$@"; do
		vm_tries=$((vm_tries - 1))
		if [ $vm_tries -le 0 ] || [ -e /run/vm/parent.status ]; then
			echo "$VM_GUEST: waited in vain for $vm_what" >&2
			return 1
		fi
		sleep 0.02
	done
}

parent_ready()
{
	: >/run/vm/parent.ready
}

wait_for_parent()
{
	vm_wait "${1:-30}" 'the parent (its script ended, or is too slow)' \
		test -e /run/vm/parent.ready
}

# vm_connect FAMILY ADDRESS...: can one connect there?
vm_connect()
{
	/usr/bin/python3 -I -c '
import socket, sys
family, host, port = sys.argv[1:]
if family == "vsock":
    s, address = socket.socket(socket.AF_VSOCK), (int(host), int(port))
else:
    s, address = socket.socket(), (host, int(port))
sys.exit(1 if s.connect_ex(address) else 0)' "$@"
}

wait_for_vsock()
{
	vm_wait "${3:-30}" "vsock $1:$2" vm_connect vsock "$1" "$2"
}

wait_for_tcp()
{
	vm_wait "${3:-30}" "$1:$2" vm_connect tcp "$1" "$2"
}

# serve_until_stop PID...: returns 0 when the enclave is done, and then the
# servers are ended; 1 if one of them ends before that.
serve_until_stop()
{
	# The guest sends SIGTERM at the same time; the file is enough.
	trap : TERM
	until [ -e /run/vm/stop ]; do
		for vm_pid; do
			kill -0 "$vm_pid" 2>/dev/null && continue
			echo "$VM_GUEST: server $vm_pid ended" >&2
			return 1
		done
		sleep 0.05
	done
	# Nothing depends on how they end, nor on what the shell says of it.
	kill "$@" 2>/dev/null || :
	wait "$@" 2>/dev/null || :
}
