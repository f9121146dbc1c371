#include "apps/train/text_corpus.h"

#include <simdjson.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "apps/train/jsonl_reader.h"

namespace pith {
namespace {

/// The first of these is the text of a task's record.
constexpr const char* kTaskFields[] = {"context", "transcript", "code"};

/// What the first pass remembers of a record.
struct Candidate {
  std::uint32_t source, language;
  std::uint64_t bytes;
  bool eligible;
  bool shares_text;
};

/// Small numbers for names.
class Names {
 public:
  std::uint32_t number(std::string_view name) {
    const auto [at, added] =
        numbers_.try_emplace(std::string(name), static_cast<std::uint32_t>(names_.size()));
    if (added) names_.emplace_back(name);
    return at->second;
  }
  const std::string& name(std::uint32_t number) const { return names_[number]; }
  std::size_t size() const { return names_.size(); }

 private:
  std::map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;
};

void add(SourceCount& count, std::uint64_t bytes) {
  ++count.documents;
  count.bytes += bytes;
}

}  // namespace

void leave_out_by_default(CorpusSelection& selection) {
  for (const char* source : {"loghub", "codedocs", "code-docstring-corpus", "gpteacher-*"}) {
    selection.leave_out_sources.emplace_back(source);
  }
  for (const char* source : {"wiki-*", "qmsum", "qmsum-span", "crd3", "stories"}) {
    selection.leave_out_text_sources.emplace_back(source);
  }
}

bool source_matches(std::string_view source, const std::vector<std::string>& patterns) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    if (!pattern.ends_with('*')) return source == pattern;
    return source.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

std::uint64_t mixed(std::uint64_t seed, std::uint64_t index) {
  // splitmix64 (Steele et al. 2014).
  std::uint64_t z = seed * 0xD1342543DE82EF95ULL + (index + 1) * 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

Result<Done> TextCorpus::pass(
    const std::function<void(std::uint64_t, const TextRecord&)>& fn) const {
  simdjson::dom::parser parser;
  std::uint64_t index = 0;
  for (const std::string& path : paths_) {
    const Result<Done> read = for_each_line(path, [&](std::string_view line) -> Result<Done> {
      simdjson::dom::element record;
      if (parser.parse(line.data(), line.size()).get(record) != simdjson::SUCCESS) {
        return Error{ErrorCode::kInvalidArgument, "not JSON"};
      }
      TextRecord text;
      text.of_task = record["text"].get(text.text) != simdjson::SUCCESS;
      if (text.of_task && !std::ranges::any_of(kTaskFields, [&](const char* field) {
            return record[field].get(text.text) == simdjson::SUCCESS;
          })) {
        return Error{ErrorCode::kInvalidArgument, "no string field: text"};
      }
      if (record["lang"].get(text.lang) != simdjson::SUCCESS) text.lang = "?";
      if (record["source"].get(text.source) != simdjson::SUCCESS) text.source = "?";
      fn(index++, text);
      return Done{};
    });
    if (!read) return read;
  }
  return Done{};
}

Result<TextCorpus> TextCorpus::open(std::vector<std::string> paths, CorpusSelection selection) {
  TextCorpus corpus;
  corpus.paths_ = std::move(paths);
  corpus.selection_ = std::move(selection);
  const CorpusSelection& wanted = corpus.selection_;

  Names sources, languages;
  std::vector<Candidate> candidates;
  std::vector<std::uint64_t> language_bytes;
  std::unordered_set<std::size_t> seen;  // Tasks ask of one text again and again.
  const Result<Done> read = corpus.pass([&](std::uint64_t, const TextRecord& record) {
    Candidate candidate = {sources.number(record.source), languages.number(record.lang),
                           record.text.size(), true, false};
    candidate.eligible =
        !source_matches(record.source, wanted.leave_out_sources) &&
        (record.of_task || !source_matches(record.source, wanted.leave_out_text_sources)) &&
        (wanted.languages.empty() ||
         std::ranges::find(wanted.languages, record.lang) != wanted.languages.end());
    if (candidate.eligible && !seen.insert(std::hash<std::string_view>()(record.text)).second) {
      candidate.eligible = false;
    }
    if (candidate.eligible && wanted.leave_out_texts.shares_text(record.text)) {
      candidate.eligible = false;
      candidate.shares_text = true;
    }
    language_bytes.resize(languages.size(), 0);
    if (candidate.eligible) language_bytes[candidate.language] += candidate.bytes;
    candidates.push_back(candidate);
  });
  if (!read) return read.error();

  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& candidate = candidates[i];
    bool taken = candidate.eligible;
    const auto bytes = static_cast<double>(language_bytes[candidate.language]);
    if (taken && wanted.language_mb_max > 0.0 && bytes > wanted.language_mb_max * 1e6) {
      const double share = wanted.language_mb_max * 1e6 / bytes;
      taken = static_cast<double>(mixed(wanted.seed, i)) < share * 0x1p64;
    }
    corpus.taken_.push_back(taken);
    CorpusCounts& counts = corpus.counts_;
    add((taken ? counts.taken : counts.left_out)[sources.name(candidate.source)], candidate.bytes);
    if (taken) {
      add(counts.taken_by_language[languages.name(candidate.language)], candidate.bytes);
    }
    if (candidate.shares_text) ++counts.shares_text;
  }
  return corpus;
}

Result<Done> TextCorpus::for_each(const std::function<void(const TextRecord&)>& on_document) const {
  return pass([&](std::uint64_t index, const TextRecord& record) {
    // A file that grew between two passes must not be read beyond what the first one saw.
    if (index < taken_.size() && taken_[index]) on_document(record);
  });
}

Result<std::vector<std::string>> sample_lines(const TextCorpus& corpus, double bytes,
                                              std::uint64_t seed) {
  double corpus_bytes = 0.0;
  for (const auto& [source, count] : corpus.counts().taken) {
    corpus_bytes += static_cast<double>(count.bytes);
  }
  const double share = std::min(1.0, bytes / std::max(corpus_bytes, 1.0));
  const double threshold = share * 0x1p64;
  std::vector<std::string> lines;
  std::uint64_t index = 0;
  const Result<Done> read = corpus.for_each([&](const TextRecord& record) {
    for (std::string_view rest = record.text; !rest.empty();) {
      const std::size_t line_end = std::min(rest.find('\n'), rest.size());
      // A second seed: documents were drawn with the first.
      if (share >= 1.0 || static_cast<double>(mixed(~seed, index)) < threshold) {
        if (line_end > 0) lines.emplace_back(rest.substr(0, line_end));
      }
      ++index;
      rest.remove_prefix(std::min(line_end + 1, rest.size()));
    }
  });
  if (!read) return read.error();
  return lines;
}

Result<Done> watch_texts(const std::vector<std::string>& paths, PassageFilter& filter) {
  simdjson::dom::parser parser;
  for (const std::string& path : paths) {
    const Result<Done> read = for_each_line(path, [&](std::string_view line) -> Result<Done> {
      std::string_view text;
      if (parser.parse(line.data(), line.size())["text"].get(text) != simdjson::SUCCESS) {
        return Error{ErrorCode::kInvalidArgument, "no string field: text"};
      }
      filter.add(text);
      return Done{};
    });
    if (!read) return read;
  }
  return Done{};
}

}  // namespace pith
