#include "apps/train/passage_filter.h"

#include <string>

namespace pith {
namespace {

constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15ULL;  // Odd, so that every byte keeps its weight.

std::uint64_t hash_of(std::string_view window) {
  std::uint64_t hash = 0;
  for (const char c : window) hash = hash * kBase + static_cast<unsigned char>(c) + 1;
  return hash;
}

}  // namespace

void PassageFilter::add(std::string_view text) {
  if (text.size() < kProbeBytes) return;
  for (std::size_t at = 0; at + kProbeBytes <= text.size(); at += kProbeBytes) {
    const std::string_view probe = text.substr(at, kProbeBytes);
    probes_.emplace(hash_of(probe), probe);
  }
  const std::string_view last = text.substr(text.size() - kProbeBytes);
  probes_.emplace(hash_of(last), last);
}

bool PassageFilter::shares_text(std::string_view document) const {
  if (probes_.empty() || document.size() < kProbeBytes) return false;
  std::uint64_t oldest_weight = 1;  // kBase ^ (kProbeBytes - 1)
  for (std::size_t i = 1; i < kProbeBytes; ++i) oldest_weight *= kBase;
  std::uint64_t hash = hash_of(document.substr(0, kProbeBytes));
  for (std::size_t at = 0;; ++at) {
    const auto found = probes_.find(hash);
    if (found != probes_.end() && document.substr(at, kProbeBytes) == found->second) return true;
    if (at + kProbeBytes >= document.size()) return false;
    hash -= oldest_weight * (static_cast<unsigned char>(document[at]) + 1ULL);
    hash = hash * kBase + static_cast<unsigned char>(document[at + kProbeBytes]) + 1;
  }
}

}  // namespace pith
