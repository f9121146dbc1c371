// Feedback tokens: whoever got a decision's reply may rate it, nobody else.
#include <openssl/crypto.h>

#include <charconv>

#include "apps/proxy/request_editor.h"

namespace pith {
namespace {

std::string mac(const HashKey& key, std::string_view decision_id, std::string_view tenant,
                std::string_view expiry) {
  return to_hex(key.of({"feedback", decision_id, tenant, expiry}));
}

}  // namespace

std::string feedback_token(const HashKey& key, std::string_view decision_id,
                           std::string_view tenant, std::int64_t expires_s) {
  const std::string expiry = std::to_string(expires_s);
  return expiry + "." + mac(key, decision_id, tenant, expiry);
}

bool feedback_token_valid(const HashKey& key, std::string_view token, std::string_view decision_id,
                          std::string_view tenant, std::int64_t now_s) {
  const auto dot = token.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view expiry = token.substr(0, dot);
  std::int64_t expires_s = 0;
  const auto [end, error] =
      std::from_chars(expiry.data(), expiry.data() + expiry.size(), expires_s);
  if (error != std::errc{} || end != expiry.data() + expiry.size() || expires_s < now_s)
    return false;
  const std::string expected = mac(key, decision_id, tenant, expiry);
  const std::string_view given = token.substr(dot + 1);
  return given.size() == expected.size() &&
         CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
}

}  // namespace pith
