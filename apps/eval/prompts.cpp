#include "apps/eval/prompts.h"

namespace pith {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string qa_prompt(const TaskRecord& record, const std::optional<std::string>& text) {
  std::string prompt =
      text ? "Answer the question from the context. Words may be missing from the context. "
             "Give the shortest answer that is right, in the words of the context, in its "
             "language. To a yes/no question answer yes, no or maybe. If the context does not "
             "tell the answer, say: unanswerable\n\nContext:\n" +
                 *text
           : "Answer the question from what you know. Give the shortest answer that is right, in "
             "the question's language. To a yes/no question answer yes, no or maybe. If you do not "
             "know, say: unanswerable";
  return prompt + "\n\nQuestion: " + record.question + "\nAnswer:";
}

std::string summary_prompt(const TaskRecord& record, const std::optional<std::string>& text) {
  const std::string query = record.question.empty() ? "Summarize what is said." : record.question;
  if (!text)
    return "Answer without seeing the transcript it is about, as well as you can.\n\n" + query;
  return "Below is a transcript. Words may be missing from it. Do what the request says, in plain "
         "sentences, from the transcript alone.\n\nTranscript:\n" +
         *text + "\n\nRequest: " + query + "\nAnswer:";
}

std::string code_prompt(const std::optional<std::string>& text) {
  if (!text) return "Say in one sentence what a typical piece of code does.";
  return "Say in one short sentence what this code does, as its documentation would. Parts of the "
         "code may be missing.\n\nCode:\n" +
         *text + "\n\nSentence:";
}

}  // namespace

std::string task_prompt(EvalTask task, const TaskRecord& record,
                        const std::optional<std::string>& text) {
  switch (task) {
    case EvalTask::kQa:
      return qa_prompt(record, text);
    case EvalTask::kSummary:
      return summary_prompt(record, text);
    case EvalTask::kLabels:
      return {};
    case EvalTask::kCode:
      return code_prompt(text);
  }
  return {};
}

std::string counted_answer(EvalTask task, std::string_view answer) {
  answer = trimmed(answer);
  static constexpr std::string_view kThink = "<think>";
  static constexpr std::string_view kThought = "</think>";
  if (answer.starts_with(kThink)) {
    const std::size_t end = answer.find(kThought);
    answer = end == std::string_view::npos ? std::string_view{}
                                           : trimmed(answer.substr(end + kThought.size()));
  }
  if (task != EvalTask::kQa) return std::string(answer);
  answer = trimmed(answer.substr(0, answer.find('\n')));
  static constexpr std::string_view kAnswer = "Answer:";
  if (answer.starts_with(kAnswer)) answer = trimmed(answer.substr(kAnswer.size()));
  return std::string(answer);
}

}  // namespace pith
