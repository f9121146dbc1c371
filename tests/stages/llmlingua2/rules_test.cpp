// The rules one by one, where the recorded runs do not say which is at work.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "stages/llmlingua2/chunks.h"
#include "stages/llmlingua2/context_filter.h"
#include "stages/llmlingua2/encoder_network.h"
#include "stages/llmlingua2/percentile.h"
#include "stages/llmlingua2/piece_style.h"
#include "stages/llmlingua2/python_text.h"
#include "stages/llmlingua2/result_format.h"
#include "stages/llmlingua2/selection.h"
#include "stages/llmlingua2/special_tokens.h"
#include "tests/stages/score/scripted_encoder.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

using Strings = std::vector<std::string>;

TEST(PythonText, EmptyTextIsFoundBeforeEveryCharacter) {
  EXPECT_EQ(python_replaced("a\xC3\xA9", "", "-"), "-a-\xC3\xA9-");
  EXPECT_EQ(python_replaced("", "", "-"), "-");
  EXPECT_EQ(python_replaced("aaa", "aa", "b"), "ba");
}

TEST(PythonText, PunctuationIsAPieceOfTheString) {
  for (const char* in : {"", "!", "()", "+,", "./", "<=", "|}~"}) {
    EXPECT_TRUE(in_python_punctuation(in)) << in;
  }
  for (const char* out : {"--", "...", "))", ">=", "a", "\xE2\x96\x81."}) {
    EXPECT_FALSE(in_python_punctuation(out)) << out;
  }
}

TEST(PythonText, DigitsAreDecimalOfAnyScript) {
  EXPECT_TRUE(has_python_digit("a7"));
  EXPECT_TRUE(has_python_digit("\xD9\xA4"));           // Arabic-Indic four
  EXPECT_FALSE(has_python_digit("\xC2\xB2\xC2\xBD"));  // squared, half
  EXPECT_FALSE(has_python_digit("\xF0\x91\xBD\x90"));  // Kawi zero: Unicode 15
}

TEST(PythonText, WordsAreRunsOfLettersAndNumbers) {
  EXPECT_EQ(python_words("it's a_b (x=1), no."),
            (Strings{"it", "s", "a_b", "(", "x", "=", "1", ")", "no"}));
  // A vowel sign is a mark and no part of a word.
  EXPECT_EQ(python_words("\xE0\xAE\x95\xE0\xAF\x8B\xE0\xAE\x9F"),
            (Strings{"\xE0\xAE\x95", "\xE0\xAE\x9F"}));
}

TEST(Percentile, TruncatesInBinaryAsPythonDoes) {
  const auto q = [](double rate) { return *whole_percentile(100 * (1 - rate) + 1); };
  EXPECT_EQ(q(0.1), 91);
  EXPECT_EQ(q(0.33), 68);
  EXPECT_EQ(q(0.55), 45);
  EXPECT_EQ(q(0.8), 20);
  EXPECT_EQ(q(0.9), 10);
  EXPECT_FALSE(whole_percentile(101));
  EXPECT_EQ(whole_percentile(-0.5), 0);
  EXPECT_FALSE(whole_percentile(-1));
}

TEST(Percentile, CountsEveryValueAsOftenAsItWeighs) {
  const std::vector<double> values{0.3, 0.1, 0.2};
  EXPECT_DOUBLE_EQ(percentile(values, {}, 50), 0.2);
  EXPECT_DOUBLE_EQ(percentile(values, std::vector<std::uint32_t>{3, 1, 0}, 50), 0.3);
  EXPECT_DOUBLE_EQ(percentile(values, {}, 25), 0.15);
  EXPECT_DOUBLE_EQ(percentile(values, {}, 100), 0.3);
}

ForceTokens force_of(const Strings& tokens) {
  // One piece: what has no blank in it.
  return *ForceTokens::of(tokens, [](std::string_view token) -> std::size_t {
    return token.find_first_of(" \n") == std::string_view::npos ? 1 : 0;
  });
}

TEST(ForceTokens, PlaceInTheListIsTheNumberAndOrderIsTheFirst) {
  const ForceTokens force = force_of({"x", "\n", " ", "\n"});
  EXPECT_EQ(*force.replaced("a \nx"), "a[NEW2][NEW3]x");
  EXPECT_EQ(force.restored("a[NEW2][NEW3]x[NEW1]"), "a \nx[NEW1]");
  EXPECT_TRUE(force.stands_in("[NEW3]"));
  EXPECT_FALSE(force.stands_in("[NEW1]"));
  EXPECT_TRUE(force.contains("\n"));
  EXPECT_TRUE(force.chunk_ends({"\n", "."}).contains("[NEW3]"));
}

TEST(ForceTokens, MoreThanAHundredOrATextThatGrowsWithoutEndIsAnError) {
  EXPECT_TRUE(ForceTokens::of(Strings(100, "x"), [](auto) { return 1; }));
  EXPECT_FALSE(ForceTokens::of(Strings(101, "x"), [](auto) { return 1; }));
  Strings all;
  for (const char* token :
       {"N", "E", "W",  "[",  "]",  "0",  "1",  "2",  "3",  "4",  "5",  "6", "7",
        "8", "9", "[N", "NE", "EW", "W0", "W1", "[[", "]]", "][", "0]", "1]"}) {
    all.push_back(token);
  }
  const ForceTokens growing = *ForceTokens::of(all, [](auto) { return 2; });
  const auto grown = growing.replaced(std::string(100'000, 'N'));
  ASSERT_FALSE(grown);
  EXPECT_EQ(grown.error().code, ErrorCode::kPromptTooLong);
}

Strings chunks_of(std::size_t pieces, std::size_t end_at) {
  std::vector<SpelledPiece> list(pieces, SpelledPiece{"a", 0});
  if (end_at < pieces) list[end_at].spelling = ".";
  return chunk_texts(list, {"."}, WordPieceDecoder("", false));
}

TEST(Chunks, EndAtTheLastEndInReachElseHave511Pieces) {
  const auto sizes = [](const Strings& chunks) {
    std::vector<std::size_t> out;
    for (const std::string& chunk : chunks) out.push_back(chunk.size());
    return out;
  };
  using Sizes = std::vector<std::size_t>;
  EXPECT_EQ(sizes(chunks_of(510, 5)), (Sizes{510}));
  EXPECT_EQ(sizes(chunks_of(511, 5)), (Sizes{6, 505}));
  EXPECT_EQ(sizes(chunks_of(511, 999)), (Sizes{511}));
  EXPECT_EQ(sizes(chunks_of(1100, 999)), (Sizes{511, 489, 100}));
  EXPECT_EQ(sizes(chunks_of(600, 0)), (Sizes{511, 89})) << "never the first piece";
  EXPECT_EQ(sizes(chunks_of(0, 0)), (Sizes{}));
}

WordRules bert_rules(const Strings& force = {}) {
  WordRules rules;
  rules.specials = {"[CLS]", "[SEP]", "[UNK]"};
  rules.force = force_of(force);
  return rules;
}

TEST(Words, SpecialPiecesAreSkippedAndWhatFollowsGoesOn) {
  const Strings pieces{"[CLS]", "a", "[UNK]", "##b", "##", "c", "[SEP]"};
  const std::vector<float> probs{1, 0.5F, 1, 0.25F, 0.75F, 0.125F, 1};
  const ScoredWords words = words_of(pieces, probs, bert_rules());
  EXPECT_EQ(words.words, (Strings{"ab", "c"}));
  EXPECT_EQ(words.probs, (std::vector<double>{0.5, 0.125}));
  EXPECT_EQ(words.unforced, (std::vector<double>{0.5, 0.125}));
}

TEST(Words, ContinuationWithNothingBeforeItBeginsAWord) {
  const ScoredWords words =
      words_of(Strings{"##b", "##c"}, std::vector<float>{0.5F, 0.25F}, bert_rules());
  EXPECT_EQ(words.words, (Strings{"bc"}));
}

TEST(Words, ForcedContinuationIsAWordOfItsOwn) {
  const ScoredWords words =
      words_of(Strings{"go", "##ing"}, std::vector<float>{0.5F, 0.25F}, bert_rules({"ing"}));
  EXPECT_EQ(words.words, (Strings{"go", "##ing"}));
  EXPECT_EQ(words.probs, (std::vector<double>{0.5, 1.0}));
}

ScoredWords scored(Strings words, std::vector<double> probs) {
  return {std::move(words), probs, probs};
}
const WordWeight kOne = [](std::string_view) { return 1U; };

TEST(Selection, ThresholdIsStrictButForOne) {
  const auto all_equal =
      select_words(scored({"a", "b"}, {0.5, 0.5}), {0.5, false}, force_of({}), kOne);
  EXPECT_EQ(all_equal->kept, (std::vector<bool>{false, false}));
  const auto forced = select_words(scored({"a", "b"}, {1, 1}), {0.5, false}, force_of({}), kOne);
  EXPECT_EQ(forced->kept, (std::vector<bool>{true, true}));
}

TEST(Selection, ForceTokensInARowStayOnce) {
  const auto selected =
      select_words(scored({".", ".", "x", ".", "y", ".", "z"}, {1, 1, 0.1, 1, 0.95, 1, 0.2}),
                   {0.3, true}, force_of({"."}), kOne);
  EXPECT_EQ(selected->drop_threshold->q, 30);
  // "x" is below the first threshold: it does not part the full stops beside it; "y" does.
  EXPECT_EQ(selected->kept, (std::vector<bool>{true, false, true, false, true, true, true}));
}

TEST(Selection, NothingThatWeighsIsNothingKeptAndNoError) {
  const auto none = select_words(scored({}, {}), {0.5, true}, force_of({}), kOne);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->threshold);
  const auto weightless = select_words(scored({"a"}, {0.5}), {0.5, false}, force_of({}),
                                       [](std::string_view) { return 0U; });
  EXPECT_EQ(weightless->kept, std::vector<bool>{false});
}

TEST(Selection, RateOfNothingIsAnError) {
  EXPECT_FALSE(select_words(scored({"a"}, {0.5}), {1.0, false}, force_of({}), kOne));
}

TEST(ContextFilter, RateComesFromWhateverIsGiven) {
  const auto rate = [](auto set) {
    Llmlingua2Options options;
    set(options);
    return context_rate(options, 4, 100);
  };
  EXPECT_DOUBLE_EQ(rate([](auto& o) { o.rate = 0.5; }), 0.75);
  EXPECT_DOUBLE_EQ(rate([](auto& o) { o.rate = 0.5, o.use_token_level_filter = false; }), 0.5);
  EXPECT_DOUBLE_EQ(rate([](auto& o) { o.target_token = 20; }), 0.4);
  EXPECT_DOUBLE_EQ(rate([](auto& o) { o.target_context = 1; }), 0.25);
  EXPECT_DOUBLE_EQ(rate([](auto& o) { o.context_level_rate = 0.3; }), 0.3);
  EXPECT_DOUBLE_EQ(rate([](auto& o) { o.target_context = 1, o.context_level_target_token = 50; }),
                   0.5);
  EXPECT_DOUBLE_EQ(target_rate(5, 0), 1.0) << "no tokens: nothing to divide by";
}

TEST(ContextFilter, ForcedContextsStayAndOthersAtTheThresholdToo) {
  const std::vector<double> scores{0.1, 0.3, 0.2};
  const auto best = select_contexts(scores, 0, std::vector<std::int64_t>{0, 7, -1});
  EXPECT_EQ(best->kept, (std::vector<bool>{true, true, false}));
  EXPECT_FALSE(select_contexts(scores, 3, {}));
}

TEST(PieceStyle, NameOfTheFolderComesFirst) {
  const TemporaryDir dir;
  const auto style = [&](const std::string& name, const std::string& config) {
    std::filesystem::create_directories(dir.file(name));
    std::ofstream(dir.file(name) + "/config.json") << config;
    return piece_style(dir.file(name));
  };
  const std::string bert = R"({"model_type":"bert"})";
  const std::string xlm_r = R"({"model_type":"xlm-roberta"})";
  EXPECT_FALSE(style("llmlingua-2-bert-base-multilingual-cased-x", xlm_r)->metaspace);
  EXPECT_FALSE(style("TinyBERT", xlm_r)->metaspace);
  EXPECT_TRUE(style("my-xlm-roberta-large", bert)->bare_labels);
  EXPECT_TRUE(style("SecurityLingua", bert)->metaspace);
  EXPECT_FALSE(style("SecurityLingua", bert)->bare_labels);
  EXPECT_TRUE(style("mine", xlm_r)->bare_labels);
  EXPECT_FALSE(style("mine", bert)->metaspace);
  EXPECT_FALSE(style("mine", R"({"model_type":"gpt2"})"));
  EXPECT_FALSE(style("mine", "{"));
  EXPECT_FALSE(piece_style(dir.file("missing")));
}

TEST(EncoderNetwork, LogitsThatAreNoNumbersAreAnErrorNotAnEmptyResult) {
  auto encoder = std::make_shared<ScriptedEncoder>(512);
  const std::vector<std::int32_t> ids = {5, 6, 7};
  EXPECT_TRUE(encoder_network(encoder)(ids, {true, true, true}));
  encoder->keep_logit_ = std::numeric_limits<float>::quiet_NaN();
  const auto probs = encoder_network(encoder)(ids, {true, true, true});
  ASSERT_FALSE(probs);
  EXPECT_EQ(probs.error().code, ErrorCode::kFileUnreadable);
}

TEST(SpecialTokens, ComeFromTheConfigurationThenFromTheMap) {
  const TemporaryDir dir;
  EXPECT_EQ(*special_tokens(dir.path(), {true, true}),
            (SpecialTokens{"<s>", "</s>", "<unk>", "<pad>", "<mask>"}));
  std::ofstream(dir.file("tokenizer_config.json"))
      << R"({"mask_token":{"content":"<m>"},"pad_token":null})";
  EXPECT_EQ(*special_tokens(dir.path(), {true, true}),
            (SpecialTokens{"<s>", "</s>", "<unk>", "<m>"}));
  std::ofstream(dir.file("special_tokens_map.json")) << R"({"mask_token":"<x>"})";
  EXPECT_TRUE(special_tokens(dir.path(), {true, true})->contains("<x>"));
  std::ofstream(dir.file("tokenizer_config.json"))
      << R"({"mask_token":"<m>","added_tokens_decoder":{}})";
  EXPECT_TRUE(special_tokens(dir.path(), {true, true})->contains("<m>"));
  std::ofstream(dir.file("tokenizer_config.json")) << R"({"mask_token":7})";
  EXPECT_FALSE(special_tokens(dir.path(), {true, true}));
}

TEST(ResultFormat, NumbersAreRoundedAsPythonPrintsThem) {
  const auto counter = load_token_counter("cl100k_base", PITH_MODELS);
  ASSERT_TRUE(counter);
  const Llmlingua2Result grown = formatted_result({"one two three four", ""}, 2, **counter);
  EXPECT_EQ(grown.compressed_prompt, "one two three four\n\n");
  EXPECT_EQ(grown.ratio, "0.5x");
  EXPECT_EQ(grown.rate, "200.0%");
  EXPECT_EQ(grown.saving, ", Saving $-0.0 in GPT-4.");
  EXPECT_EQ(formatted_result({}, 7, **counter).ratio, "1.0x");
}

}  // namespace
}  // namespace pith
