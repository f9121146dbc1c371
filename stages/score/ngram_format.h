// The *.ngram file format, version 1: what writer and reader agree on. docs/ngram.md describes it
// in prose.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace pith::ngram {

/// First line of the file. Header lines "key value\n" follow, then "end\n", then the sections, each
/// at a multiple of 8 bytes, then 64 hex digits: the sha256 of everything before them.
inline constexpr char kMagic[] = "pith-ngram 1\n";
inline constexpr std::size_t kHeaderBytesMax = 4096;
inline constexpr std::size_t kTrailerBytes = 64;
inline constexpr std::size_t kSectionAlign = 8;
inline constexpr int kOrderMax = 4;
/// Piece ids are 16 bits; the last one stands for "before the text" while counting.
inline constexpr std::uint32_t kVocabSizeMax = 65535;

/// Surprisal in nats, one byte, steps of 1/12: at most 21.25.
inline constexpr float kSurprisalStep = 1.0F / 12.0F;
/// What backing off from a context adds to the surprisal, in nats, one byte: [-2, 13.9].
inline constexpr float kBackoffStep = 1.0F / 16.0F;
inline constexpr float kBackoffMin = -2.0F;

std::uint8_t quantise_surprisal(double nats);
std::uint8_t quantise_backoff(double nats);
inline float surprisal_of(std::uint8_t code) { return kSurprisalStep * static_cast<float>(code); }
inline float backoff_of(std::uint8_t code) {
  return kBackoffMin + kBackoffStep * static_cast<float>(code);
}

/// The header's fields. Level k (0-based: k + 1 words) has num_ngrams[k] n-grams, of which
/// num_contexts[k] have longer ones below them; the highest level has none.
struct Header {
  std::string name;
  int order = 0;
  std::uint32_t vocab_size = 0;
  std::string smoothing;       ///< "absolute" or "kneser-ney"; for people.
  std::string word_surprisal;  ///< "sum" or "mean" over the word's pieces.
  std::array<std::uint64_t, kOrderMax> num_ngrams = {};
  std::array<std::uint64_t, kOrderMax> num_contexts = {};
  std::uint64_t sentencepiece_bytes = 0;
};

/// One array of the file. Which level it belongs to, what it holds, and its exact size by the
/// header.
struct Section {
  enum class Kind : std::uint8_t {
    kSentencepiece,  ///< A serialised SentencePiece model.
    kWords,          ///< u16 [num_ngrams]: last word; ascending below one context. Not at level 0.
    kSurprisal,      ///< u8 [num_ngrams]
    kContextBits,    ///< u64 [ceil(num_ngrams / 64)]: which n-grams are contexts. Not at the last
                     ///< level.
    kBackoff,        ///< u8 [num_contexts]
    kChildren,       ///< u32 [num_contexts + 1]: where the context's n-grams begin one level up.
  };
  Kind kind;
  int level;
  std::uint64_t offset;
  std::uint64_t bytes;
};

/// Sections in file order for this header, and the file's total bytes. The header must be in range
/// (check_header), or the sums may overflow.
struct Layout {
  std::array<Section, 1 + 5 * kOrderMax> sections;
  std::size_t num_sections = 0;
  std::uint64_t file_bytes = 0;
};
Layout layout_of(const Header& header, std::uint64_t header_bytes);

/// The header as text, magic and "end" included.
std::string to_text(const Header& header);

}  // namespace pith::ngram
