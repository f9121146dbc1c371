#include "stages/tokenize/token_ranks.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>

namespace pith {
namespace {

constexpr std::size_t kRawBytesMax = std::size_t{64} << 20U;
constexpr std::uint32_t kTokensMax = 1U << 22U;
constexpr std::size_t kHeaderBytes = 16;

template <class T>
T load_as(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

Error unreadable(const std::string& name, const char* what) {
  return {ErrorCode::kFileUnreadable, "token ranks " + name + ": " + what};
}

}  // namespace

static_assert(std::endian::native == std::endian::little, "the rank file is read in place");

std::uint64_t TokenRanks::key_of(std::string_view bytes) {
  const char* p = bytes.data();
  const std::size_t n = bytes.size();
  if (n >= 4 && n <= 8) {  // overlapping halves; the length tells them apart
    return load_as<std::uint32_t>(p) | std::uint64_t{load_as<std::uint32_t>(p + n - 4)} << 32U;
  }
  if (n < 4) {
    const auto byte = [p](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(p[i])};
    };
    return byte(0) | byte(n / 2) << 8U | byte(n - 1) << 16U;
  }
  std::uint64_t hash = n;
  for (std::size_t i = 0; i + 8 < n; i += 8) {
    hash = fold(hash ^ load_as<std::uint64_t>(p + i), 0xA0761D6478BD642FU);
  }
  return fold(hash ^ load_as<std::uint64_t>(p + n - 8), 0xE7037ED1A0B428DBU);
}

bool TokenRanks::insert(std::uint32_t rank) {
  const std::string_view bytes = token(rank);
  if (find(bytes) != kNoRank) return false;
  const std::uint64_t key = key_of(bytes);
  std::size_t at = slot_of(key, bytes.size());
  while (slots_[at].rank != kNoRank) at = (at + 1) & mask_;
  slots_[at] = {key, rank, static_cast<std::uint32_t>(bytes.size())};
  return true;
}

Result<TokenRanks> TokenRanks::parse(std::string_view raw, const std::string& name) {
  if (raw.size() < kHeaderBytes || raw.substr(0, 4) != "PRNK") return unreadable(name, "no header");
  if (load_as<std::uint32_t>(raw.data() + 4) != 1) return unreadable(name, "unknown version");
  const std::size_t num_tokens = load_as<std::uint32_t>(raw.data() + 8);
  const std::size_t num_bytes = load_as<std::uint32_t>(raw.data() + 12);
  if (num_tokens == 0 || num_tokens > kTokensMax ||
      raw.size() != kHeaderBytes + num_tokens + num_bytes) {
    return unreadable(name, "sizes do not fit");
  }
  TokenRanks ranks;
  ranks.pool_ = raw.substr(kHeaderBytes + num_tokens);
  ranks.begins_.reserve(num_tokens + 1);
  std::uint32_t begin = 0;
  for (const char length : raw.substr(kHeaderBytes, num_tokens)) {
    const std::uint32_t bytes = static_cast<unsigned char>(length);
    if (bytes == 0) return unreadable(name, "empty token");
    ranks.begins_.push_back(begin);
    ranks.max_bytes_ = std::max<std::size_t>(ranks.max_bytes_, bytes);
    begin += bytes;
    if (begin > num_bytes) return unreadable(name, "sizes do not fit");
  }
  if (begin != num_bytes) return unreadable(name, "sizes do not fit");
  ranks.begins_.push_back(begin);
  // Twice as many slots as tokens: most look-ups during merging are misses, and end at the first
  // free slot.
  const std::size_t num_slots = std::bit_ceil(num_tokens * 2);
  ranks.slots_.resize(num_slots);
  ranks.mask_ = num_slots - 1;
  ranks.shift_ = 64U - static_cast<unsigned>(std::countr_zero(num_slots));
  for (std::uint32_t rank = 0; rank < num_tokens; ++rank) {
    if (!ranks.insert(rank)) return unreadable(name, "a token stands twice");
  }
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (ranks.find({&c, 1}) == kNoRank) return unreadable(name, "a byte is no token");
  }
  return ranks;
}

Result<TokenRanks> TokenRanks::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return unreadable(path, "cannot open");
  const std::string packed{std::istreambuf_iterator<char>(file), {}};
  const unsigned long long raw_bytes = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (raw_bytes > kRawBytesMax) return unreadable(path, "not a zstd frame with a sensible size");
  std::string raw(static_cast<std::size_t>(raw_bytes), '\0');
  const std::size_t got = ZSTD_decompress(raw.data(), raw.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != raw.size()) return unreadable(path, "damaged");
  return parse(raw, path);
}

}  // namespace pith
