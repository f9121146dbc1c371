// The records of a task file: a text to shorten, what is asked about it, what should come out.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/eval/eval_options.h"
#include "messages/byte_span.h"
#include "messages/result.h"

namespace pith {

struct TaskRecord {
  std::string id;
  std::string text;                  ///< Context, transcript or code.
  std::string question;              ///< Question or query; empty for code.
  std::vector<std::string> golds;    ///< Answers, none: not answerable; or the one summary.
  std::string language;              ///< "en"; of qa.
  std::vector<ByteSpan> words;       ///< Of labels: ascending, inside the text.
  std::vector<std::uint8_t> labels;  ///< [num_words]: 0 drop, 1 keep, 2 keep even at hard rates.
  std::string source;
  std::string row;  ///< Under which it is reported beside "all".
  std::uint32_t group =
      0;  ///< Records of the same text have the same; below the number of records.
};

/// Of qa: id?, context, question, answers, lang?, source?. Of summary: id?, transcript, query?,
/// summary, source?. Of code: id?, code, summary, source?. Of labels: text, words, labels, lang?,
/// source?. Other fields are ignored.
/// Errors: kInvalidArgument, naming the field and never quoting the text.
Result<TaskRecord> parse_task_record(std::string_view json, EvalTask task);

/// The records of a *.jsonl or *.jsonl.zst file that are selected, in the file's order; of more
/// than `limit` the same ones for the same seed, drawn by the hash of their ids and texts.
/// `num_read`, when given, receives how many the file has. Errors: kFileUnreadable,
/// kInvalidArgument with file and line.
Result<std::vector<TaskRecord>> read_task_records(const std::string& path, EvalTask task,
                                                  const RecordSelection& selection,
                                                  std::size_t* num_read = nullptr);

}  // namespace pith
