#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "apps/memo/memo.h"

namespace pith {
namespace {

using Secret = std::array<std::uint8_t, 32>;

/// One context per thread: fetching the algorithm costs more than hashing a short text.
class Blake2Mac {
 public:
  Blake2Mac() : mac_(EVP_MAC_fetch(nullptr, "BLAKE2BMAC", nullptr)) {
    context_ = mac_ != nullptr ? EVP_MAC_CTX_new(mac_) : nullptr;
    // Only a broken OpenSSL or no memory at all: nothing can be hashed, so nothing can be kept
    // apart.
    if (context_ == nullptr) std::abort();
  }
  ~Blake2Mac() {
    EVP_MAC_CTX_free(context_);
    EVP_MAC_free(mac_);
  }
  Blake2Mac(const Blake2Mac&) = delete;
  Blake2Mac& operator=(const Blake2Mac&) = delete;

  void begin(const Secret& key) {
    std::size_t size = KeyedHash{}.size();
    const std::array<OSSL_PARAM, 2> parameters = {OSSL_PARAM_construct_size_t("size", &size),
                                                  OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(context_, key.data(), key.size(), parameters.data()) != 1) std::abort();
  }
  void add(const void* data, std::size_t size) {
    if (EVP_MAC_update(context_, static_cast<const unsigned char*>(data), size) != 1) std::abort();
  }
  KeyedHash end() {
    KeyedHash hash{};
    std::size_t size = 0;
    if (EVP_MAC_final(context_, hash.data(), &size, hash.size()) != 1 || size != hash.size()) {
      std::abort();
    }
    return hash;
  }

 private:
  EVP_MAC* mac_ = nullptr;
  EVP_MAC_CTX* context_ = nullptr;
};

Error unreadable(const std::string& path, const std::string& what) {
  return Error{ErrorCode::kFileUnreadable, path + ": " + what};
}

/// False with errno set when there is no such file; an error when it is there and wrong.
Result<bool> read_secret(const std::string& path, Secret& secret) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    if (errno == ENOENT) return false;
    return unreadable(path, std::strerror(errno));
  }
  std::array<std::uint8_t, 33> bytes{};
  const ssize_t size = ::read(fd, bytes.data(), bytes.size());
  const int mode_set = fchmod(fd, 0600);
  ::close(fd);
  if (size != static_cast<ssize_t>(secret.size())) return unreadable(path, "not a 32-byte secret");
  if (mode_set != 0) return unreadable(path, "cannot set mode 0600");
  std::memcpy(secret.data(), bytes.data(), secret.size());
  return true;
}

/// Written whole beside its place and linked into it, so that nobody ever reads half a secret.
Result<Done> create_secret(const std::string& state_dir, const std::string& path) {
  Secret secret{};
  if (RAND_bytes(secret.data(), static_cast<int>(secret.size())) != 1) {
    return unreadable(path, "no random bytes");
  }
  std::string draft = path + ".XXXXXX";
  const int fd = mkostemp(draft.data(), O_CLOEXEC);  // mode 0600
  if (fd < 0) return unreadable(path, std::strerror(errno));
  const bool written =
      ::write(fd, secret.data(), secret.size()) == static_cast<ssize_t>(secret.size()) &&
      fsync(fd) == 0;
  const int write_error = errno;
  ::close(fd);
  const bool linked = written && (link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int link_error = errno;
  unlink(draft.c_str());
  if (!linked) return unreadable(path, std::strerror(written ? link_error : write_error));
  const int dir_fd = ::open(state_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir_fd >= 0) {
    fsync(dir_fd);  // without the name, what was hashed with it could not be found again
    ::close(dir_fd);
  }
  return Done{};
}

}  // namespace

Result<HashKey> HashKey::load_or_create(const std::string& state_dir) {
  const std::string path = state_dir + "/hash.key";
  Secret secret{};
  Result<bool> found = read_secret(path, secret);
  if (found && !*found) {
    if (const Result<Done> made = create_secret(state_dir, path); !made) return made.error();
    found = read_secret(path, secret);
  }
  if (!found) return found.error();
  if (!*found) return unreadable(path, "vanished");
  return HashKey(secret);
}

KeyedHash HashKey::of(std::initializer_list<std::string_view> parts) const {
  thread_local Blake2Mac mac;
  mac.begin(key_);
  for (const std::string_view part : parts) {
    std::array<std::uint8_t, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i) {
      length[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(part.size()) >> (8 * i));
    }
    mac.add(length.data(), length.size());
    mac.add(part.data(), part.size());
  }
  return mac.end();
}

std::string to_hex(const KeyedHash& hash) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * hash.size());
  for (const std::uint8_t byte : hash) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

}  // namespace pith
