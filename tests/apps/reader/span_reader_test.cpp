// Matching, scoring and answering with weights made by hand.
#include "apps/reader/span_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "apps/reader/span_scores.h"
#include "stages/model_files/tensor_writer.h"
#include "stages/network/counter_random.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

SpanReading reading_of(std::string_view question, std::string_view text) {
  SpanReading reading;
  reading.question = span_question(question, WordRarity());
  reading.text = match_text(span_words(text), reading.question);
  return reading;
}

std::vector<float> seeded_weights(std::size_t size) {
  std::vector<float> weights(size);
  for (std::size_t i = 0; i < size; ++i) weights[i] = 0.3F * normal_number(3, i);
  return weights;
}

TEST(WordRarity, CommonWordsAreLow) {
  const std::vector<std::vector<SpanWord>> texts = {span_words("the the cat"),
                                                    span_words("the dog"), span_words("the fox")};
  const WordRarity rarity = WordRarity::of_texts(texts);
  EXPECT_FLOAT_EQ(rarity(word_hash("the")), 0.0F);
  EXPECT_FLOAT_EQ(rarity(word_hash("cat")), 0.5F);
  EXPECT_FLOAT_EQ(rarity(word_hash("unseen")), 1.0F);
}

TEST(SpanQuestion, KnowsItsTypeAndTopic) {
  const WordRarity rarity;
  const auto year = span_question("In what year did the war end?", rarity);
  EXPECT_EQ(year.asking, 1);
  EXPECT_EQ(year.topic, span_words("year")[0].stem);
  EXPECT_EQ(year.type, span_question("What year was it?", rarity).type);
  EXPECT_NE(year.type, span_question("What city was it?", rarity).type);
  EXPECT_EQ(span_question("Who was it?", rarity).type, span_question("who ran?", rarity).type);
  EXPECT_EQ(year.weight[1], 0.0F) << "question words match nothing";
  EXPECT_EQ(year.weight.back(), 0.0F) << "marks neither";
  EXPECT_GT(span_question("", rarity).total_weight, 0.0F);
}

TEST(MatchText, FindsWordsByStemAndRanksSentences) {
  const auto reading =
      reading_of("Who founded the museum?", "It rained. The museum's founder was Anna. Museums!");
  const MatchedText& text = reading.text;
  ASSERT_EQ(text.sentence_rank.size(), 3U);
  EXPECT_EQ(text.sentence_rank[1], 0);
  EXPECT_EQ(text.sentence_rank[2], 1);
  EXPECT_EQ(text.sentence_rank[0], 2);
  EXPECT_FLOAT_EQ(text.best_sentence, text.sentence_weight[1]);
  EXPECT_EQ(text.found, (std::vector<std::uint8_t>{0, 1, 1, 1, 0}));
  for (std::size_t i = 0; i < text.words.size(); ++i) {
    EXPECT_EQ(text.partner[i] >= 0, text.weight[i] > 0);
  }
}

TEST(ListSpans, GivesEveryAllowedSpanWithinASentence) {
  SpanReading reading = reading_of("who?", "One, two three. Four five six (seven)!");
  const std::vector<float> weights = seeded_weights(1U << 12U);
  score_edges(weights, {}, reading);
  list_spans(reading);
  std::set<std::pair<std::uint32_t, std::uint32_t>> found;
  for (const SpanCandidate& span : reading.all) found.emplace(span.first, span.last);
  std::set<std::pair<std::uint32_t, std::uint32_t>> expected;
  const std::vector<SpanWord>& words = reading.text.words;
  for (std::uint32_t a = 0; a < words.size(); ++a) {
    for (std::uint32_t b = a; b < words.size(); ++b) {
      if (words[a].may_begin && words[b].may_end && words[a].sentence == words[b].sentence) {
        expected.emplace(a, b);
      }
    }
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(reading.all.size(), expected.size());
}

/// The obvious way: every feature's weight times its value.
TEST(ScoreSpans, AreSumsOfWeightsOfFeatures) {
  SpanReading reading =
      reading_of("Who built the old bridge?", "Anna built it. The bridge is old.");
  const std::vector<float> weights = seeded_weights(1U << 12U);
  score_edges(weights, {}, reading);
  list_spans(reading);
  score_spans(weights, {}, {}, reading);
  ASSERT_FALSE(reading.kept.empty());
  for (const SpanCandidate& span : reading.kept) {
    SpanFeatures features;
    add_edge_features(reading.question, reading.text, span.first, Edge::kBegin, features);
    add_edge_features(reading.question, reading.text, span.last, Edge::kEnd, features);
    add_length_features(reading.question, span.last - span.first + 1, features);
    add_span_features(reading.question, reading.text, span.first, span.last, features);
    double sum = 0;
    for (const SpanFeature& feature : features) {
      sum += static_cast<double>(weights[feature.hash % weights.size()]) * feature.value;
    }
    EXPECT_NEAR(span.score, sum, 1e-4);
  }
}

TEST(ScoreSpans, KeepsTheBestAndWhatMustStay) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "word" + std::to_string(i) + " ";
  SpanReading reading = reading_of("which?", text);
  score_edges(seeded_weights(1U << 12U), {}, reading);
  list_spans(reading);
  ASSERT_GT(reading.all.size(), kSpansKept);
  const auto worst = *std::ranges::min_element(reading.all, {}, &SpanCandidate::score);
  const auto is_worst = [&](const SpanCandidate& span) {
    return span.first == worst.first && span.last == worst.last;
  };
  const std::vector<float> none(1U << 12U);
  score_spans(none, {}, {}, reading);
  EXPECT_EQ(reading.kept.size(), kSpansKept);
  EXPECT_TRUE(std::ranges::none_of(reading.kept, is_worst));
  score_spans(none, {}, is_worst, reading);
  EXPECT_EQ(reading.kept.size(), kSpansKept + 1);
  EXPECT_TRUE(std::ranges::any_of(reading.kept, is_worst));
}

TEST(Decide, TakesTheSpanOfMostExpectedOverlap) {
  SpanReading reading = reading_of("who?", "a b c d e f g h");
  reading.no_span_score.fill(-50);
  // The likeliest has no neighbour; three others share their words.
  reading.kept = {{7, 7, 0.0F}, {1, 2, -0.2F}, {1, 3, -0.2F}, {2, 3, -0.3F}};
  const SpanDecision decision = decide(reading, 0);
  ASSERT_TRUE(decision.is_span);
  EXPECT_EQ(decision.span.first, 1U);
  EXPECT_EQ(decision.span.last, 3U);
}

TEST(Decide, RefusesByItsBiasAndAnswersYesWhenThatIsLikelier) {
  SpanReading reading = reading_of("who?", "a b c");
  reading.kept = {{0, 0, 1.0F}, {1, 1, 1.0F}};
  reading.no_span_score = {-9, -9, -9, 1.5F};
  EXPECT_TRUE(decide(reading, 0).is_span) << "two spans together are likelier";
  EXPECT_FALSE(decide(reading, 1).is_span);
  EXPECT_EQ(decide(reading, 1).no_span, NoSpan::kUnanswerable);
  reading.no_span_score = {2, 3, 1, -9};
  EXPECT_EQ(decide(reading, 0).no_span, NoSpan::kNo);
  reading.kept.clear();
  reading.no_span_score = {-9, -9, -9, -20};
  EXPECT_EQ(decide(reading, 0).no_span, NoSpan::kYes);
}

TEST(ParseQuestionPrompt, FindsTextAndQuestion) {
  const auto query = parse_question_prompt(
      "Do this.\n\nContext:\nA text\n\nQuestion: not this\n\nQuestion: who?\nAnswer:");
  ASSERT_TRUE(query) << query.error().detail;
  EXPECT_EQ(query->text, "A text\n\nQuestion: not this");
  EXPECT_EQ(query->question, "who?");
  const auto without = parse_question_prompt("Do this.\n\nQuestion: who?\nAnswer:");
  ASSERT_TRUE(without);
  EXPECT_EQ(without->text, "");
  const auto empty = parse_question_prompt("Do.\n\nContext:\n\n\nQuestion: who?\nAnswer:");
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->text, "");
  for (const char* other : {"", "Answer:", "\n\nQuestion: \nAnswer",
                            "Summarize.\n\nText\nAnswer:", "\n\nQuestion: \nAnswer: x"}) {
    EXPECT_FALSE(parse_question_prompt(other)) << other;
  }
}

TEST(SpanReader, ComesBackFromItsFolderTheSame) {
  const TemporaryDir dir;
  SpanModel model{seeded_weights(1U << 12U), WordRarity(), -3.0F};
  ASSERT_TRUE(write_span_model(dir.path(), model));
  const auto back = read_span_model(dir.path());
  ASSERT_TRUE(back) << back.error().detail;
  EXPECT_FLOAT_EQ(back->unanswerable_bias, -3.0F);
  for (std::size_t i = 0; i < model.weights.size(); ++i) {
    EXPECT_NEAR(back->weights[i], model.weights[i], 1e-3F);
  }
  EXPECT_FALSE(SpanReader::open(dir.file("nothing")));
  const float numbers[] = {kSpanFeatureSet + 1};
  const TensorToWrite other = {"feature.set", {1}, numbers};
  ASSERT_TRUE(write_tensors(dir.file("reader.safetensors"), {&other, 1}, {}));
  EXPECT_NE(read_span_model(dir.path()).error().detail.find("another version"), std::string::npos);
}

TEST(SpanReader, AnswersAreTheSameAloneAndTogetherAndStandInTheText) {
  SpanReader reader(SpanModel{seeded_weights(1U << 12U), WordRarity(), -50.0F});
  const std::vector<SpanQuery> queries = {
      {"Anna built the bridge in 1912. It is old.", "When was the bridge built?"},
      {"", "When was it?"},
      {"東京は日本の首都です。", "首都はどこ?"},
      {"?!", ""}};
  const auto together = reader.answers(queries);
  ASSERT_EQ(together.size(), queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    EXPECT_EQ(reader.answers({&queries[i], 1}).front(), together[i]);
    const bool said = together[i] == "yes" || together[i] == "no" || together[i] == "maybe" ||
                      together[i] == "unanswerable";
    EXPECT_TRUE(said || queries[i].text.find(together[i]) != std::string_view::npos);
  }
  const auto prompted =
      reader.answer("Read.\n\nContext:\n" + std::string(queries[0].text) +
                    "\n\nQuestion: " + std::string(queries[0].question) + "\nAnswer:");
  ASSERT_TRUE(prompted);
  EXPECT_EQ(prompted->text, together[0]);
  EXPECT_EQ(reader.answer("Summarize it.").error().code, ErrorCode::kPromptTooLong);
}

}  // namespace
}  // namespace pith
