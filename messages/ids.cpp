#include "messages/ids.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>

namespace pith {
namespace {

constexpr std::uint32_t kCounterMax = 0xFFF;

void put_hex(std::string& out, std::uint8_t byte) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

/// A system call for each id would cost more than the id: random bytes come in blocks, per thread.
void random_bytes(std::span<std::uint8_t> out) {
  thread_local std::array<std::uint8_t, 512> block{};
  thread_local std::size_t used = block.size();
  if (used + out.size() > block.size()) {
    if (RAND_bytes(block.data(), static_cast<int>(block.size())) != 1) std::abort();
    used = 0;
  }
  std::memcpy(out.data(), block.data() + used, out.size());
  used += out.size();
}

}  // namespace

std::string Uuid7Source::next() {
  std::array<std::uint8_t, 16> bytes{};
  std::array<std::uint8_t, 10> random{};
  random_(random);
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = now_ms_();
    if (now > ms_) {
      ms_ = now;
      counter_ = (static_cast<std::uint32_t>(random[8]) << 8 | random[9]) & (kCounterMax >> 1);
    } else if (++counter_ > kCounterMax) {
      ++ms_;  // more than the counter holds in a millisecond: borrow the next one
      counter_ = 0;
    }
    for (std::size_t i = 0; i < 6; ++i) {
      bytes[i] = static_cast<std::uint8_t>(ms_ >> (8 * (5 - i)));
    }
    bytes[6] = static_cast<std::uint8_t>(0x70 | counter_ >> 8);
    bytes[7] = static_cast<std::uint8_t>(counter_);
  }
  std::memcpy(bytes.data() + 8, random.data(), 8);
  bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3F));

  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    put_hex(text, bytes[i]);
  }
  return text;
}

std::string new_uuid7() {
  static Uuid7Source source(
      [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
            .count();
      },
      random_bytes);
  return source.next();
}

std::string event_id(std::string_view subject, std::string_view metric, std::string_view source,
                     std::string_view client_event_id) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::array<unsigned char, 32> digest{};
  bool good = context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1;
  for (const std::string_view part : {subject, metric, source, client_event_id}) {
    std::array<std::uint8_t, 8> length{};
    for (std::size_t i = 0; i < length.size(); ++i) {
      length[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(part.size()) >> (8 * i));
    }
    good = good && EVP_DigestUpdate(context, length.data(), length.size()) == 1 &&
           EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  }
  good = good && EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1;
  EVP_MD_CTX_free(context);
  if (!good) std::abort();  // no memory, or an OpenSSL without SHA-256
  std::string hex;
  hex.reserve(32);
  for (std::size_t i = 0; i < 16; ++i) put_hex(hex, digest[i]);
  return hex;
}

}  // namespace pith
