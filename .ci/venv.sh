#!/bin/sh
# Makes .venv from requirements.lock: finds a Python that really runs, installs by hash, then Zeren itself.
# Run from the project's folder. PYTHON names an interpreter to use instead of the first that fits.
set -eu

fits='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        if "$PYTHON" -c "$fits" >/dev/null 2>&1; then
            echo "$PYTHON"
            return 0
        fi
        echo "PYTHON=$PYTHON is not a Python 3.11 or newer with the modules venv and ensurepip." >&2
        return 1
    fi
    # A name on the PATH may be a shim of a version that is not there: only running it tells.
    for name in python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c "$fits" >/dev/null 2>&1; then
            echo "$name"
            return 0
        fi
    done
    echo "需要 Python 3.11 或更新版本（含 venv）。 / Zeren needs Python 3.11 or newer with venv and ensurepip." >&2
    echo "On Debian or Ubuntu: apt-get install python3 python3-venv. Or name one: make run PYTHON=/a/python3" >&2
    return 1
}

if [ -x .venv/bin/python ] && .venv/bin/python -c "$fits; import pip" >/dev/null 2>&1; then
    made=old
else
    python=$(find_python)
    echo "创建虚拟环境 / making .venv with $("$python" --version)" >&2
    "$python" -m venv --clear .venv
    made=new
fi
rm -f .venv/.stamp

# A machine's own pip settings may add constraints without hashes, which the hash mode refuses, and warn (-qq).
PIP_CONSTRAINT=/dev/null
PIP_USER=0
export PIP_CONSTRAINT PIP_USER

echo "安装依赖，约一分钟 / installing $(grep -c '^[a-z].*==' requirements.lock) packages, about a minute" >&2
.venv/bin/python -m pip install -qq --no-input --disable-pip-version-check \
    --require-hashes --no-deps -r requirements.lock
.venv/bin/python -m pip install -qq --no-input --disable-pip-version-check \
    --no-deps --no-build-isolation -e .
: > .venv/.stamp
echo "环境已就绪 / .venv is ready ($made)" >&2
