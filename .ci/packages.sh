# What Debian 12 must have; sourced by ./run and ./test.
PROGRAM_PACKAGES=(
  g++ cmake ninja-build pkg-config libzmq3-dev cppzmq-dev libflatbuffers-dev flatbuffers-compiler libeigen3-dev
  libtbb-dev libsentencepiece-dev libicu-dev libboost1.81-dev libssl-dev libsimdjson-dev libtomlplusplus-dev
  libdnnl-dev libhwy-dev libcli11-dev libspdlog-dev prometheus-cpp-dev libsqlite3-dev libzstd-dev zlib1g-dev ca-certificates)
TEST_PACKAGES=(libgtest-dev libgmock-dev libbenchmark-dev nlohmann-json3-dev)
BENCH_PACKAGES=(nginx-light)
# The encoder's peer: large, so only where that part is run. Without OpenBLAS PyTorch multiplies by the reference BLAS.
ENCODER_BENCH_PACKAGES=(python3 python3-torch python3-numpy libopenblas0-pthread)

# Installs those that are missing. With everything there, it touches neither apt nor the network.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
      echo "missing packages: ${missing[*]}" >&2
      echo "run as root, or install them yourself" >&2
      exit 1
    }
    sudo=(sudo)
  fi
  echo "installing ${#missing[@]} packages: ${missing[*]}"
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}
