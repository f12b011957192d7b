// KafkaJS, which speaks older versions of the protocol than librdkafka and Java: topics, every way to produce, a group, transactions, administration.
//   node kafkajs.mjs BOOTSTRAP NAME
import assert from 'node:assert/strict';
import kafkajs from 'kafkajs';

const { Kafka, CompressionTypes, ConfigResourceTypes, logLevel } = kafkajs;
const [bootstrap, name] = process.argv.slice(2);
const kafka = new Kafka({ clientId: name, brokers: [bootstrap], logLevel: logLevel.NOTHING });
const [topic, group] = [`${name}-topic`, `${name}-group`];
const admin = kafka.admin();
await admin.connect();

const spec = { topic, numPartitions: 3, configEntries: [{ name: 'retention.ms', value: '-1' }] };
assert(await admin.createTopics({ topics: [spec], waitForLeaders: true }));
assert(!(await admin.createTopics({ topics: [spec] })), 'it exists');
await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
await admin.alterConfigs({ resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '12345678' }] }] });
const configs = (await admin.describeConfigs({ resources: [resource] })).resources[0].configEntries;
assert.equal(configs.find(c => c.configName === 'retention.ms').configValue, '12345678');

const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await producer.connect();
for (const compression of [CompressionTypes.None, CompressionTypes.GZIP])
  await producer.send({ topic, compression, acks: -1, messages: Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: `v${i}`, headers: { h: 'x' } })) });
await producer.send({ topic, acks: 1, messages: [{ value: 'acks=1' }] });
await producer.send({ topic, acks: 0, messages: [{ value: 'acks=0' }] });

const transactional = kafka.producer({ transactionalId: name, idempotent: true, maxInFlightRequests: 1, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
await transactional.connect();
let transaction = await transactional.transaction();
await transaction.send({ topic, messages: [{ value: 'aborted' }] });
await transaction.abort();
transaction = await transactional.transaction();
await transaction.send({ topic, messages: [{ value: 'committed' }] });
await transaction.commit();

const consumer = kafka.consumer({ groupId: group });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
const values = [];
await new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error(`only ${values.length} came`)), 30_000).unref();
  consumer.run({
    eachMessage: async ({ message }) => {
      values.push(message.value.toString());
      if (values.length === 103) resolve();
    },
  }).catch(reject);
});
await consumer.disconnect();
assert.equal(values.filter(v => /^v\d+$/.test(v)).length, 100);
assert.deepEqual(values.filter(v => !/^v\d+$/.test(v)).sort(), ['acks=0', 'acks=1', 'committed']);

const { groups: [described] } = await admin.describeGroups([group]);
assert.equal(described.state, 'Empty');
const committed = (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0].partitions;
assert(committed.reduce((sum, p) => sum + Number(p.offset), 0) >= 103);
transaction = await transactional.transaction();
await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: [{ partition: 0, offset: '5' }] }] });
await transaction.commit();
// Apache Kafka answers the commit before the offsets' partition has its marker, and KafkaJS does not ask for stable offsets.
for (const limit = Date.now() + 20_000; ;) {
  const { offset } = (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0].partitions.find(p => p.partition === 0);
  if (offset === '5') break;
  assert(Date.now() < limit, `the group's offset is still ${offset}`);
}
await admin.resetOffsets({ groupId: group, topic, earliest: true });
await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] });
assert.equal((await admin.fetchTopicOffsets(topic)).find(p => p.partition === 0).low, '1');
await admin.deleteGroups([group]);
await admin.deleteTopics({ topics: [topic] });
for (const client of [producer, transactional, admin]) await client.disconnect();
console.log('done');
process.exit(0);
