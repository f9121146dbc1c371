#include "apps/proxy/conversation_id.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <string>

namespace pith {
namespace {

constexpr std::size_t kBodyBytes = 10;
constexpr std::size_t kSealBytes = KeyedHash{}.size() - kBodyBytes;

KeyedHash seal(const HashKey& key, std::string_view tenant, const KeyedHash& id) {
  return key.of({"whose conversation", tenant,
                 std::string_view(reinterpret_cast<const char*>(id.data()), kBodyBytes)});
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

KeyedHash conversation_id(const HashKey& key, std::string_view tenant,
                          std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) {
    all += std::to_string(part.size()) + ":";
    all += part;
  }
  KeyedHash id = key.of({"conversation", tenant, all});
  const KeyedHash mac = seal(key, tenant, id);
  std::copy_n(mac.begin(), kSealBytes, id.begin() + kBodyBytes);
  return id;
}

std::optional<KeyedHash> conversation_given_back(const HashKey& key, std::string_view tenant,
                                                 std::string_view text) {
  KeyedHash id{};
  if (text.size() != 2 * id.size()) return std::nullopt;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  const KeyedHash mac = seal(key, tenant, id);
  if (CRYPTO_memcmp(mac.data(), id.data() + kBodyBytes, kSealBytes) != 0) return std::nullopt;
  return id;
}

}  // namespace pith
