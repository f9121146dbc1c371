#include "stages/tokenize/token_counter.h"

#include <map>
#include <mutex>
#include <utility>

#include "stages/tokenize/byte_pair.h"
#include "stages/tokenize/split_pattern.h"
#include "stages/tokenize/token_ranks.h"

namespace pith {
namespace {

struct Encoding {
  std::string_view name;
  SplitPattern split;
};
constexpr Encoding kEncodings[] = {{"cl100k_base", cl100k_split}, {"o200k_base", o200k_split}};

class BytePairCounter final : public TokenCounter {
 public:
  BytePairCounter(const Encoding& encoding, TokenRanks ranks)
      : encoding_(encoding), ranks_(std::move(ranks)) {}

  std::string_view name() const override { return encoding_.name; }

  std::uint32_t count(std::string_view text) const override {
    std::uint32_t total = 0;
    each_piece(
        text, [&](std::size_t, std::string_view, std::uint32_t) { ++total; },
        [&](std::size_t, std::string_view, const std::vector<std::uint32_t>& ends) {
          total += static_cast<std::uint32_t>(ends.size());
        });
    return total;
  }

  std::vector<std::uint32_t> encode(std::string_view text) const override {
    std::vector<std::uint32_t> ids;
    ids.reserve(text.size() / 4);
    each_piece(
        text, [&](std::size_t, std::string_view, std::uint32_t id) { ids.push_back(id); },
        [&](std::size_t, std::string_view piece, const std::vector<std::uint32_t>& ends) {
          std::uint32_t begin = 0;
          for (const std::uint32_t end : ends) {
            ids.push_back(ranks_.find(piece.substr(begin, end - begin)));
            begin = end;
          }
        });
    return ids;
  }

  std::vector<std::uint32_t> token_ends(std::string_view text) const override {
    std::vector<std::uint32_t> all;
    all.reserve(text.size() / 4);
    each_piece(
        text,
        [&](std::size_t at, std::string_view piece, std::uint32_t) {
          all.push_back(static_cast<std::uint32_t>(at + piece.size()));
        },
        [&](std::size_t at, std::string_view, const std::vector<std::uint32_t>& ends) {
          for (const std::uint32_t end : ends) all.push_back(static_cast<std::uint32_t>(at + end));
        });
    return all;
  }

 private:
  /// on_token(at, piece, id) for a piece that is one token; on_merged(at, piece, ends) for the
  /// others.
  template <class OnToken, class OnMerged>
  void each_piece(std::string_view text, OnToken on_token, OnMerged on_merged) const {
    BytePairMerger merger(ranks_);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = encoding_.split(text, at);
      const std::string_view whole = text.substr(at, end - at);
      if (const std::uint32_t id = ranks_.find(whole); id != kNoRank) {
        on_token(at, whole, id);
      } else {
        for (std::size_t from = 0; from < whole.size(); from += kMergeBytesMax) {
          const std::string_view piece = whole.substr(from, kMergeBytesMax);
          on_merged(at + from, piece, merger.merge(piece));
        }
      }
      at = end;
    }
  }

  const Encoding& encoding_;
  TokenRanks ranks_;
};

}  // namespace

Result<std::shared_ptr<const TokenCounter>> load_token_counter(std::string_view name,
                                                               const std::string& models_dir) {
  for (const Encoding& encoding : kEncodings) {
    if (encoding.name != name) continue;
    static std::mutex mutex;
    static std::map<std::string, std::shared_ptr<const TokenCounter>> loaded;
    const std::string path = models_dir + "/" + std::string(name) + ".ranks.zst";
    const std::lock_guard lock(mutex);  // also while loading: the second asker wants the same file
    std::shared_ptr<const TokenCounter>& counter = loaded[path];
    if (counter == nullptr) {
      Result<TokenRanks> ranks = TokenRanks::load(path);
      if (!ranks) return ranks.error();
      counter = std::make_shared<BytePairCounter>(encoding, std::move(*ranks));
    }
    return counter;
  }
  return Error{ErrorCode::kInvalidArgument, "unknown tokenizer"};
}

}  // namespace pith
