// The datasets and imports of an account's server in memory, as far as the account page asks for them.

const refuse = (status, errors) => ({ status, body: { errors, errors_cause: null } });

/** What a server tells of the datasets of `account`. */
export class Datasets {
  /** Rows, size, types and bounds by name; every other dataset has these. */
  facts = { row_count: 49_025, size: 12_345_678, geometry_types: ['ST_Point'], bbox: [-10, 35, 30, 60] };
  of = {};
  imports = new Map();
  /** What an import tells, one answer after the other. */
  course = (name) => [
    { state: 'pending' },
    { state: 'importing', rows: 4000, rows_total: 12000 },
    { state: 'complete', success: true, table_name: name, tables: [{ name, rows: 12000 }], warnings: null },
  ];
  largest = 1 << 20;

  constructor(account) {
    this.account = account;
  }

  answer(request, key) {
    const { path } = request;
    if (!key) return { status: 401 };
    const may = key.type === 'master';
    if (!may) return refuse(403, 'This needs the master key of the account');
    if (path.startsWith('/api/v1/imports')) return this.#imports(request);
    const name = decodeURIComponent(path.slice('/api/v1/viz'.length).replace(/^\//, ''));
    return name ? this.#one(request, name) : this.#list(request);
  }

  #list({ query: { page = 1, per_page: perPage = 20, q = '' } }) {
    const found = this.account.datasets.filter((name) => name.includes(q)).sort();
    const visualizations = found.slice((page - 1) * perPage, page * perPage).map((name) => this.#told(name));
    return { body: { visualizations, total_entries: found.length } };
  }

  #told(name) {
    const privacy = this.account.public.includes(name) ? 'PUBLIC' : 'PRIVATE';
    return { id: name, name, type: 'table', privacy, updated_at: '2024-03-03T13:23:12.000Z', table: { id: name, name, privacy, ...this.facts, ...this.of[name] } };
  }

  #one({ method, body }, name) {
    const { account } = this;
    if (!account.datasets.includes(name)) return refuse(404, 'Visualization does not exist');
    if (method === 'DELETE') {
      account.datasets = account.datasets.filter((other) => other !== name);
      return { status: 204 };
    }
    let now = name;
    if (method === 'PUT' && body.name) {
      now = body.name.toLowerCase().replace(/\W+/g, '_');
      if (account.datasets.includes(now) && now !== name) return refuse(400, `Table '${now}' already exists.`);
      account.datasets = account.datasets.map((other) => (other === name ? now : other));
    }
    if (method === 'PUT' && body.privacy) {
      account.public = account.public.filter((other) => other !== name);
      if (body.privacy === 'PUBLIC') account.public.push(now);
    }
    return { body: this.#told(now) };
  }

  #imports({ method, path, raw }) {
    const id = path.split('/')[4];
    if (method === 'POST') {
      const file = /filename="([^"]+)"/.exec(raw)?.[1];
      if (!file) return { status: 400, body: { errors: { imports: 'There is no file' } } };
      const field = (name) => new RegExp(`name="${name}"\r\n\r\n([^\r]*)`).exec(raw)?.[1];
      const name = field('table_name') ?? file.replace(/\.\w+$/, '').toLowerCase();
      const made = `import-${this.imports.size + 1}`;
      this.imports.set(made, { course: this.course(name), name, fields: Object.fromEntries(['privacy', 'collision_strategy', 'srid', 'layer', 'table_name'].map((each) => [each, field(each)])) });
      return { body: { item_queue_id: made, success: true } };
    }
    if (!id) return { body: { imports: [...this.imports.keys()], success: true, max_file_size: this.largest } };
    const known = this.imports.get(id);
    if (!known) return { status: 404, body: { errors: { imports: 'There is no such import' } } };
    const told = known.course.length > 1 ? known.course.shift() : known.course[0];
    if (told.state === 'complete' && told.tables?.length && !this.account.datasets.includes(known.name)) this.account.datasets.push(known.name);
    return { body: { id, ...told } };
  }
}
