import java.time.Duration;
import java.util.*;
import java.util.concurrent.ExecutionException;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.serialization.*;

/** What Apache Kafka's own Java clients do with a broker: one scenario a run, named on the command line. Ends with exit code 0 when all was as it should be. */
public final class Scenarios {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static String servers;

    public static void main(String[] args) throws Exception {
        servers = args[0];
        switch (args[1]) {
            case "compression" -> compression();
            case "transactions" -> transactions();
            case "group" -> group(args[2]);
            case "admin" -> admin();
            case "count" -> readAll(args[2], Integer.parseInt(args[3]), "read_committed");
            case "interleave" -> interleave(args[2], Integer.parseInt(args[3]));
            default -> throw new IllegalArgumentException(args[1]);
        }
        System.out.println("done");
    }

    /** Idempotent batches in every codec come back as they were. */
    private static void compression() throws Exception {
        for (var codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            var topic = newTopic(1);
            try (var producer = producer(Map.of("compression.type", codec, "linger.ms", "20"))) {
                for (var i = 0; i < 2000; i++)
                    producer.send(new ProducerRecord<>(topic, "key " + i, "value ".repeat(20) + i));
            }
            var records = readAll(topic, 2000, "read_uncommitted");
            for (var i = 0; i < 2000; i++) {
                same(codec + " key", "key " + i, records.get(i).key());
                same(codec + " value", "value ".repeat(20) + i, records.get(i).value());
                same(codec + " offset", (long) i, records.get(i).offset());
            }
        }
    }

    /** Transactions of the second protocol (KIP-890): committed, aborted, with offsets, fenced. */
    private static void transactions() throws Exception {
        var topic = newTopic(2);
        var id = topic + "-id";
        ConsumerGroupMetadata group;
        try (var consumer = consumer(Map.of("group.id", topic + "-group"))) {
            group = consumer.groupMetadata();
        }
        var partition = new TopicPartition(topic, 0);
        try (var producer = producer(Map.of("transactional.id", id)); var admin = admin0()) {
            producer.initTransactions();
            var epochs = new ArrayList<Integer>();
            for (var i = 0; i < 5; i++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, 0, "k", "committed " + i));
                producer.send(new ProducerRecord<>(topic, 1, "k", "committed " + i));
                producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(i)), group);
                producer.flush();
                epochs.add(admin.describeTransactions(List.of(id)).description(id).get().producerEpoch());
                producer.commitTransaction();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, 0, "k", "aborted " + i));
                producer.flush();
                producer.abortTransaction();
            }
            // Every end of a transaction bumps the epoch: that is what tells the second protocol from the first.
            var first = epochs.get(0);
            same("epochs", IntStream.range(0, 5).map(i -> first + 2 * i).boxed().toList(), epochs);
            same("committed offset", 4L, admin.listConsumerGroupOffsets(group.groupId()).partitionsToOffsetAndMetadata().get().get(partition).offset());
            same("read_committed", 10, readAll(topic, 10, "read_committed").stream().filter(record -> record.value().startsWith("committed")).count());
            same("read_uncommitted", 15, readAll(topic, 15, "read_uncommitted").size());

            // An open transaction holds readers back until its producer is fenced by the next one of its id.
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(topic, 0, "k", "of the older"));
            producer.flush();
            try (var newer = producer(Map.of("transactional.id", id))) {
                newer.initTransactions();
                // A partition says only that the epoch is old, which may be aborted; the coordinator says that the producer is fenced.
                fails(InvalidProducerEpochException.class, () -> {
                    producer.send(new ProducerRecord<>(topic, 0, "k", "late"));
                    producer.commitTransaction();
                });
                fails(ProducerFencedException.class, producer::abortTransaction);
                newer.beginTransaction();
                newer.send(new ProducerRecord<>(topic, 0, "k", "committed last"));
                newer.commitTransaction();
            }
            var last = readAll(topic, 11, "read_committed");
            same("aborted ones shown", 0L, last.stream().filter(record -> !record.value().startsWith("committed")).count());
        }
    }

    /** Transactions of the second protocol in a partition in which somebody else writes too; every other one is aborted. */
    private static void interleave(String topic, int transactions) {
        var padding = "x".repeat(1000);
        try (var producer = producer(Map.of("transactional.id", topic + "-java"))) {
            producer.initTransactions();
            for (var i = 0; i < transactions; i++) {
                producer.beginTransaction();
                for (var j = 0; j < 5; j++) {
                    producer.send(new ProducerRecord<>(topic, 0, "java " + (i % 2 == 0 ? "committed" : "aborted"), i + " " + j + " " + padding));
                    producer.flush();
                }
                if (i % 2 == 0)
                    producer.commitTransaction();
                else
                    producer.abortTransaction();
            }
        }
    }

    /** Members share the partitions, commit, and the one left takes over where the other one stood. */
    private static void group(String protocol) throws Exception {
        var topic = newTopic(4);
        try (var producer = producer(Map.of())) {
            for (var i = 0; i < 400; i++)
                producer.send(new ProducerRecord<>(topic, i % 4, "k", "" + i));
        }
        var seen = new HashMap<String, Integer>();
        try (var first = member(topic, protocol)) {
            try (var second = member(topic, protocol)) {
                until("two members share", () -> {
                    take(first, seen);
                    take(second, seen);
                    return first.assignment().size() == 2 && second.assignment().size() == 2 && seen.size() == 400;
                });
                first.commitSync();
                second.commitSync();
            }
            try (var producer = producer(Map.of())) {
                for (var i = 400; i < 800; i++)
                    producer.send(new ProducerRecord<>(topic, i % 4, "k", "" + i));
            }
            until("one takes over", () -> {
                take(first, seen);
                // What it had read and not committed before an eager rebalance it reads again.
                return first.assignment().size() == 4 && seen.size() == 800 && first.assignment().stream().allMatch(p -> first.position(p) == 200);
            });
            first.commitSync();
        }
        try (var admin = admin0()) {
            var offsets = admin.listConsumerGroupOffsets(topic + "-group").partitionsToOffsetAndMetadata().get();
            same("committed", Set.of(200L), offsets.values().stream().map(OffsetAndMetadata::offset).collect(Collectors.toSet()));
        }
    }

    private static void admin() throws Exception {
        try (var admin = admin0()) {
            var topic = newTopic(1);
            same("partitions", 1, admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size());
            failsWith(TopicExistsException.class, () -> admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get());
            admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
            // Apache Kafka shows what was changed a moment later.
            until("more partitions", () -> admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() == 3);

            var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "123456"), AlterConfigOp.OpType.SET)))).all().get();
            until("config", () -> admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").value().equals("123456"));
            failsWith(InvalidConfigurationException.class, () -> admin.incrementalAlterConfigs(
                Map.of(resource, List.of(new AlterConfigOp(new ConfigEntry("retention.ms", "soon"), AlterConfigOp.OpType.SET)))).all().get());

            var partition = new TopicPartition(topic, 0);
            // Records that are older than the retention may be deleted at any time.
            var now = System.currentTimeMillis();
            try (var producer = producer(Map.of())) {
                for (var i = 0; i < 10; i++)
                    producer.send(new ProducerRecord<>(topic, 0, now + i, "k", "" + i));
            }
            same("by time", 5L, offset(admin, partition, OffsetSpec.forTimestamp(now + 5)));
            same("latest", 10L, offset(admin, partition, OffsetSpec.latest()));
            same("of the largest time", 9L, offset(admin, partition, OffsetSpec.maxTimestamp()));
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4))).all().get();
            same("earliest", 4L, offset(admin, partition, OffsetSpec.earliest()));

            var group = topic + "-group";
            admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(7))).all().get();
            same("offset of an empty group", 7L, admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(partition).offset());
            same("listed", true, admin.listGroups().all().get().stream().anyMatch(listed -> listed.groupId().equals(group)));
            admin.deleteConsumerGroups(List.of(group)).all().get();
            admin.deleteTopics(List.of(topic)).all().get();
            until("deleted", () -> !admin.listTopics().names().get().contains(topic));
            failsWith(UnknownTopicOrPartitionException.class, () -> admin.describeTopics(List.of(topic)).allTopicNames().get());
            same("nodes", 1, admin.describeCluster().nodes().get().size());
        }
    }

    private static long offset(Admin admin, TopicPartition partition, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get().offset();
    }

    private static String newTopic(int partitions) throws Exception {
        var topic = "java-" + UUID.randomUUID();
        try (var admin = admin0()) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        }
        return topic;
    }

    private static Admin admin0() {
        return Admin.create(Map.of("bootstrap.servers", servers));
    }

    private static KafkaProducer<String, String> producer(Map<String, Object> more) {
        var config = new HashMap<String, Object>(Map.of("bootstrap.servers", servers, "enable.idempotence", "true", "acks", "all"));
        config.putAll(more);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(Map<String, Object> more) {
        var config = new HashMap<String, Object>(Map.of("bootstrap.servers", servers, "auto.offset.reset", "earliest", "enable.auto.commit", "false"));
        config.putAll(more);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    private static KafkaConsumer<String, String> member(String topic, String protocol) {
        var member = consumer(Map.of("group.id", topic + "-group", "group.protocol", protocol));
        member.subscribe(List.of(topic));
        return member;
    }

    /** A record that comes again after a rebalance is no fault here: nothing was committed before it. */
    private static void take(KafkaConsumer<String, String> consumer, Map<String, Integer> seen) {
        for (var record : consumer.poll(Duration.ofMillis(50)))
            seen.merge(record.value(), 1, Integer::sum);
    }

    /** Reads up to the end, which is where it must have found so many records. */
    private static List<ConsumerRecord<String, String>> readAll(String topic, int expected, String isolation) throws Exception {
        var records = new ArrayList<ConsumerRecord<String, String>>();
        try (var consumer = consumer(Map.of("isolation.level", isolation))) {
            var partitions = consumer.partitionsFor(topic).stream().map(info -> new TopicPartition(topic, info.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            until("the end of " + topic, () -> {
                consumer.poll(Duration.ofMillis(50)).forEach(records::add);
                return partitions.stream().allMatch(partition -> consumer.position(partition) >= ends.get(partition));
            });
        }
        same("records of " + topic, expected, records.size());
        return records;
    }

    private interface Step {
        void run() throws Exception;
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void until(String what, Condition condition) throws Exception {
        var end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds())
            if (System.nanoTime() > end)
                throw new AssertionError("Not within " + PATIENCE + ": " + what);
    }

    private static void same(String what, Object expected, Object actual) {
        var isSame = expected instanceof Number a && actual instanceof Number b ? a.longValue() == b.longValue() : expected.equals(actual);
        if (!isSame)
            throw new AssertionError(what + ": expected " + expected + ", but it is " + actual);
    }

    private static void failsWith(Class<? extends Throwable> cause, Step step) throws Exception {
        fails(cause, () -> {
            try {
                step.run();
            } catch (ExecutionException error) {
                throw error.getCause() instanceof Exception inner ? inner : error;
            }
        });
    }

    private static void fails(Class<? extends Throwable> expected, Step step) throws Exception {
        try {
            step.run();
        } catch (Exception error) {
            if (expected.isInstance(error))
                return;
            throw error;
        }
        throw new AssertionError("Succeeded, instead of failing with " + expected.getSimpleName());
    }
}
