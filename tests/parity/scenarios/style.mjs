// carto.style.CartoCSS (spec 2.6).
export default [
  {
    name: 'setContent reloads once, tells contentChanged and resolves with the text',
    rows: ['C-113', 'C-114', 'C-115', 'C-117'],
    async page({ carto, client, listen, settle, idle, log }) {
      const style = listen(new carto.style.CartoCSS('#layer { marker-width: 1; }'), 'style');
      const map = listen(client(), 'client');
      const source = new carto.source.SQL('SELECT 1');
      await settle('add', map.addLayers([new carto.layer.Layer(source, style), new carto.layer.Layer(source, style)]));
      const changed = settle('set', style.setContent('#layer { marker-width: 2; }'));
      log('at once', style.getContent());
      await changed;
      await idle();
    },
  },
];
