// The documents a language model is trained on: which of the files' records count, and which do
// not.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "apps/train/passage_filter.h"
#include "messages/result.h"

namespace pith {

/// One line of a text file: {"text": ..., "lang": ..., "source": ...}; lang and source may be
/// missing. In place of "text" may stand a task's "context", "transcript" or "code".
struct TextRecord {
  std::string_view text, lang, source;
  bool of_task = false;  ///< The field was not "text": a task's record.
};

/// What goes in. The same selection over the same files names the same documents on every machine.
struct CorpusSelection {
  std::vector<std::string> languages;          ///< Empty: all.
  std::vector<std::string> leave_out_sources;  ///< Exact names, or a prefix and '*'.
  /// The same for records that are not a task's: a task's records come in splits of their own.
  std::vector<std::string> leave_out_text_sources;
  double language_mb_max = 0.0;  ///< Documents are drawn down to this per language; 0: all.
  std::uint64_t seed = 1;
  PassageFilter leave_out_texts;
};

/// Leaves out, too, what must not train what ships or is compared on a task: sources that are for
/// research use only (loghub, codedocs) or were written by a model whose terms may bind
/// (gpteacher-*), and of the text sources those that hold the tasks' own test contexts (wiki-*,
/// qmsum, crd3, stories).
void leave_out_by_default(CorpusSelection& selection);

/// `source` matches one of the patterns.
bool source_matches(std::string_view source, const std::vector<std::string>& patterns);

struct SourceCount {
  std::uint64_t documents = 0, bytes = 0;
};

/// Counts of one pass, by source.
struct CorpusCounts {
  std::map<std::string, SourceCount> taken, left_out;
  std::map<std::string, SourceCount> taken_by_language;
  std::uint64_t shares_text = 0;  ///< Left out because of leave_out_texts.
};

/// Several files as one sequence of documents. Two passes over it see the same documents.
class TextCorpus {
 public:
  /// Reads every file once to know the share to draw of each language. Errors: kFileUnreadable,
  /// kInvalidArgument.
  static Result<TextCorpus> open(std::vector<std::string> paths, CorpusSelection selection);

  const CorpusCounts& counts() const { return counts_; }
  Result<Done> for_each(const std::function<void(const TextRecord&)>& on_document) const;

 private:
  TextCorpus() = default;
  Result<Done> pass(const std::function<void(std::uint64_t index, const TextRecord&)>& fn) const;

  std::vector<std::string> paths_;
  CorpusSelection selection_;
  std::vector<bool> taken_;  ///< [num_records over all files]
  CorpusCounts counts_;
};

/// Lines drawn evenly from all documents, about `bytes` of them.
Result<std::vector<std::string>> sample_lines(const TextCorpus& corpus, double bytes,
                                              std::uint64_t seed);

/// Adds the texts of files of {"text": ...} records. Errors: kFileUnreadable, kInvalidArgument.
Result<Done> watch_texts(const std::vector<std::string>& paths, PassageFilter& filter);

/// Mixes a seed and an index into 64 even bits: what every random choice here is made of.
std::uint64_t mixed(std::uint64_t seed, std::uint64_t index);

}  // namespace pith
